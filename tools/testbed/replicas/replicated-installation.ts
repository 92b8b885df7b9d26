import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { KubeClient, loadKubeConnection, type ResourceType } from '@oci-connector/kube';
import { sendRequest, type ReceivedResponse } from '@oci-connector/testing-kit';
import { anImage, pushImage, startFixtureRegistry, type BuiltImage, type FixtureRegistry } from '@oci-connector/testing-registry';
import { buildPrograms } from '../../installation/build-programs';
import { installProduct } from '../../installation/install-product';
import { requestToken } from '../../installation/request-token';
import { roleBinding } from '../../installation/role-binding';
import { proxySettings, type RunningProgram } from '../../installation/programs';
import { waitForConnectors } from '../../installation/wait-for-connectors';
import { step } from '../../processes/progress';
import { startApiServer, type ApiServer } from '../api-server';
import { type Account } from '../docker-token-server';
import { applyAll, connectorManifests, launchProgram } from '../start-product';
import { newAccount } from '../registries';
import { type TestbedContext } from '../testbed-context';
import { NAMESPACE } from '../connector-names';
import { OUTSIDE_ADDRESS } from '../world';

export const REPLICAS = ['a', 'b'] as const;
export type Replica = (typeof REPLICAS)[number];

/** Each replica has its own address, as a pod has. */
const ADDRESS: Readonly<Record<Replica, string>> = { a: '127.0.1.1', b: '127.0.1.2' };
const HTTP_PORT: Readonly<Record<Replica, number>> = { a: 8081, b: 8082 };
const HTTPS_PORT: Readonly<Record<Replica, number>> = { a: 8481, b: 8482 };

/** Name of the Connector that the checks use. */
export const CONNECTOR = 'replicated';

/** A repository that contains one image from the beginning. */
export const SAMPLE = { repository: 'team/sample', tag: 'v1' } as const;

const RoleBindings: ResourceType = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  plural: 'rolebindings',
  kind: 'RoleBinding',
  namespaced: true,
};

export interface ClientRequest {
  readonly method?: string;
  readonly token: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

interface Surroundings {
  readonly api: ApiServer;
  readonly client: KubeClient;
  readonly registry: FixtureRegistry;
  readonly account: Account;
}

/** An installation with two replicas of the proxy and its own API server and registry, so that outages do not affect other suites. */
export class ReplicatedInstallation {
  readonly api: ApiServer;
  readonly client: KubeClient;
  readonly registry: FixtureRegistry;
  readonly account: Account;
  readonly sample: BuiltImage = anImage();
  readonly #proxies = new Map<Replica, RunningProgram>();
  #controller?: RunningProgram;

  private constructor(
    private readonly context: TestbedContext,
    surroundings: Surroundings,
  ) {
    this.api = surroundings.api;
    this.client = surroundings.client;
    this.registry = surroundings.registry;
    this.account = surroundings.account;
  }

  static async start(outer: TestbedContext): Promise<ReplicatedInstallation> {
    const context = { ...outer, directory: path.join(outer.directory, 'replicas') };
    await mkdir(context.directory);
    const api = await step('starting a kube-apiserver', () =>
      startApiServer(context.group, path.join(context.directory, 'kubernetes'), OUTSIDE_ADDRESS.apiServer),
    );
    context.secrets.push({ name: "the administrator's token", value: api.adminToken });
    const client = KubeClient.fromConnection(await loadKubeConnection({ kubeconfig: api.kubeconfig }));
    const account = newAccount('replicas');
    context.secrets.push({ name: 'password of the registry of the replicas', value: account.password });
    const registry = await startRegistry(account);
    context.closing.unshift(
      () => client.close(),
      () => registry.close(),
    );
    const installation = new ReplicatedInstallation(context, { api, client, registry, account });
    await installation.#install();
    return installation;
  }

  /** Requests a new token of a ServiceAccount of {@link ACCOUNTS}. */
  async token(name: string): Promise<string> {
    const wanted = { namespace: NAMESPACE, name, audience: 'connectors-proxy', expirationSeconds: 3600 };
    const value = (await requestToken(this.client, wanted)).reveal();
    this.context.secrets.push({ name: `a token of ${name}`, value });
    return value;
  }

  /** Returns a path of the Connector, in path form. */
  path(rest: string, connector = CONNECTOR): string {
    return `/v2/namespaces/${NAMESPACE}/connectors/${connector}/${rest}`;
  }

  /** Sends a client's request to one replica. */
  send(replica: Replica, location: string, { method, token, headers, body }: ClientRequest): Promise<ReceivedResponse> {
    const authorization = `Basic ${Buffer.from(`any:${token}`).toString('base64')}`;
    return sendRequest(`http://${ADDRESS[replica]}:${HTTP_PORT[replica]}${location}`, {
      method,
      headers: { authorization, ...headers },
      body,
      signal: AbortSignal.timeout(ANSWER_MS),
    });
  }

  /** Pulls the sample's manifest. */
  pull(replica: Replica, token: string, connector = CONNECTOR): Promise<ReceivedResponse> {
    const location = this.path(`${SAMPLE.repository}/manifests/${SAMPLE.tag}`, connector);
    return this.send(replica, location, { token, headers: { accept: this.sample.mediaType } });
  }

  async restartReplica(replica: Replica): Promise<void> {
    await this.#proxies.get(replica)?.stop();
    await this.#startReplica(replica);
  }

  async stopController(): Promise<void> {
    await this.#controller?.stop();
  }

  async startController(): Promise<void> {
    this.#controller = await launchProgram(this.context, this, 'controller', {});
  }

  /** Creates a Connector like the first one, with another name. */
  async addConnector(name: string): Promise<void> {
    const [, connector = {}] = this.#manifests(name);
    await applyAll(this.client, [withSecretOf(CONNECTOR, connector as ConnectorManifest)]);
  }

  /** Withdraws the permission of an account. */
  async withdraw(name: string): Promise<void> {
    await this.client.delete(RoleBindings, { namespace: NAMESPACE, name });
  }

  /** Writes the registry's password into the Secret. */
  async writePassword(password: string): Promise<void> {
    const type = 'cpaas.io/distribution-registry-token';
    const metadata = { namespace: NAMESPACE, name: CONNECTOR };
    await applyAll(this.client, [{ apiVersion: 'v1', kind: 'Secret', metadata, type, stringData: { ...this.account, password } }]);
  }

  async #install(): Promise<void> {
    await step('building the programs', buildPrograms);
    await step('installing the product', () => installProduct(this.client));
    await applyAll(this.client, accountManifests());
    await applyAll(this.client, this.#manifests(CONNECTOR));
    await pushImage({ url: this.registry.url, auth: this.account, repository: SAMPLE.repository, reference: SAMPLE.tag }, this.sample);
    await step('starting the controller and two proxies', async () => {
      await this.startController();
      for (const replica of REPLICAS) {
        await this.#startReplica(replica);
      }
    });
    const [verdict] = await waitForConnectors(this.client, [{ namespace: NAMESPACE, name: CONNECTOR }]);
    if (verdict?.ready !== 'True') {
      throw new Error(`the Connector is not Ready: ${verdict?.reason}: ${verdict?.message}`);
    }
  }

  #manifests(name: string): object[] {
    const { account, registry } = this;
    return connectorManifests({ name, address: registry.url, account, trustedRealm: registry.tokenOrigin });
  }

  async #startReplica(replica: Replica): Promise<void> {
    const serves = { host: ADDRESS[replica], http: HTTP_PORT[replica], https: HTTPS_PORT[replica] };
    const program = await launchProgram(this.context, this, 'proxy', proxySettings(serves));
    this.#proxies.set(replica, program);
  }
}

/** Limit for a response, in milliseconds; it exceeds all timeouts of the proxy for the API server. */
const ANSWER_MS = 60_000;

/** Starts a registry with http, so that its second server, to which sealed locations point, needs no certificate. */
function startRegistry(account: Account): Promise<FixtureRegistry> {
  const publicName = 'fixture.registry.example';
  return startFixtureRegistry({ host: OUTSIDE_ADDRESS[publicName], publicName, auth: { mode: 'token', accounts: [account] } });
}

/** The accounts, each with its role in the Connector's namespace. */
const ACCOUNTS: Readonly<Record<string, string | undefined>> = {
  builder: 'connectors-pusher',
  /** Another account with the same permission. */
  colleague: 'connectors-pusher',
  /** An account that only one replica has checked. */
  regular: 'connectors-pusher',
  newcomer: 'connectors-puller',
  leaver: 'connectors-puller',
  stranger: undefined,
};

function accountManifests(): object[] {
  const accounts = Object.entries(ACCOUNTS).flatMap(([name, role]) => {
    const metadata = { namespace: NAMESPACE, name };
    return [{ apiVersion: 'v1', kind: 'ServiceAccount', metadata }, ...(role === undefined ? [] : [roleBinding(metadata, role, metadata)])];
  });
  return [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }, ...accounts];
}

interface ConnectorManifest {
  readonly spec: { readonly auth: object };
}

function withSecretOf(name: string, connector: ConnectorManifest): object {
  return { ...connector, spec: { ...connector.spec, auth: { ...connector.spec.auth, secretRef: { name } } } };
}
