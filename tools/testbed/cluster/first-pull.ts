import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { yamlBlocks } from '@oci-connector/testing-kit';
import { until } from '../../processes/until';
import { workspaceRoot } from '../../processes/workspace';
import { type Checks, expectEqual, expectParts } from '../checks';
import { startDockerHub } from '../docker-hub';
import { pageBlock, readPage } from '../pages/page-blocks';
import { PageShell } from '../pages/page-shell';
import { type TestbedContext } from '../testbed-context';
import { withClusterNames } from './cluster-names';
import { type InstalledCluster } from './installed-cluster';
import { makePlatformUser, type PlatformUser } from './platform-user';
import { podImage, pushCraneImage } from './pod-images';
import { Pods } from './pods';
import { RegistrySide } from './registry-side';

/** The unchanged manifest of the original requirement. */
const REQUIREMENT = path.join(workspaceRoot, 'tools/testbed/requirement/connector-with-secret.yaml');

/** The account in that manifest and on the page. */
const ACCOUNT = { username: 'your-username', password: 'your-password' };

/** The Connector in that manifest and on the page. */
export const CONNECTOR = { namespace: 'default', name: 'dockerhub-demo' } as const;

/** The pod on the page. */
export const POD = { namespace: 'team-a', name: 'nginx-digest' } as const;

const PULLED = 'library/nginx:1.29';
const PUSHED = `${ACCOUNT.username}/nginx:1.29`;

/** Limit for something to happen in the cluster, in milliseconds; it only ends a check that would wait for ever. */
const LIMIT_MS = 120_000;

interface Parts {
  readonly cluster: InstalledCluster;
  readonly user: PlatformUser;
  /** Where the user enters commands. */
  readonly shell: PageShell;
  /** The replacement for Docker Hub. */
  readonly hub: RegistrySide;
  /** Digest of {@link PULLED}. */
  readonly digest: string;
}

/** A user who follows the README from "First pull" on, in a cluster that can reach a replacement for Docker Hub. */
export class FirstPull {
  private constructor(private readonly parts: Parts) {}

  static async prepare(context: TestbedContext, cluster: InstalledCluster): Promise<FirstPull> {
    const place = (name: string): string => path.join(cluster.directory, name);
    const { host, account } = await startDockerHub(context, ACCOUNT);
    const hub = await RegistrySide.of(
      { name: 'docker-hub', address: `https://${host}`, account },
      context.registryCaFile,
      place('hub-login'),
    );
    await hub.push(context.content.imageLayout, PULLED);
    await pushCraneImage(place('crane-image'));
    const user = await makePlatformUser(cluster, context.secrets);
    const prefix = await withClusterNames(cluster.directory);
    const shell = await PageShell.open({ directory: place('page'), kubeconfig: user.kubeconfig, prefix });
    return new FirstPull({ cluster, user, shell, hub, digest: context.content.imageDigest });
  }

  /** Follows the page, as a user who is no administrator of the cluster. */
  async check(checks: Checks): Promise<void> {
    await checks.check("the original requirement's manifest, applied by a user who is no administrator: Ready", () => this.#requirement());
    await checks.check('README.md: kubectl apply of the YAML of the page', () => this.#apply());
    await checks.check('README.md: kubectl get connectors prints this table', () => until(LIMIT_MS, () => this.#table()));
    await checks.check('README.md: the commands of "First pull" pull and push', () => this.pull());
    await checks.check('README.md: crane uses both names of the image', () => this.#names());
    await checks.check('README.md: the pod of "In a pod" prints the digest', async () =>
      expectEqual((await new Pods(this.parts.cluster).result(POD)).trim(), this.parts.digest, 'log'),
    );
  }

  /** Runs the commands of the page, and looks for what they pull and push. */
  async pull(): Promise<void> {
    const { shell, hub } = this.parts;
    await shell.run(`rm -rf .docker ca.crt nginx.tar\n${pageBlock('first pull')}`);
    const [{ Config: config = '' } = {}] = JSON.parse(await shell.run('tar -xOf nginx.tar manifest.json')) as { Config?: string }[];
    expectParts(await hub.manifest(PULLED), [config]);
    expectEqual(await hub.contents(PUSHED), await hub.contents(PULLED), 'digests of the layers of the pushed image');
    await hub.remove(PUSHED);
  }

  async #requirement(): Promise<void> {
    const { kubectl } = this.parts.user;
    expectEqual((await kubectl.try(['auth', 'can-i', '*', '*', '--all-namespaces'])).stdout.trim(), 'no', 'is an administrator');
    await kubectl.run(['apply', '-f', REQUIREMENT]);
    await kubectl.run(['wait', '--for=condition=Ready', `connector/${CONNECTOR.name}`, '--timeout=60s']);
    await kubectl.run(['get', 'service', `c-${CONNECTOR.name}`]);
    await kubectl.run(['delete', '-f', REQUIREMENT]);
  }

  /** Applies all objects of the page, with an image that this cluster can pull. */
  async #apply(): Promise<void> {
    const yaml = yamlBlocks(readPage('README.md')).join('');
    const image = /(?<=\n +image: )gcr\.io\/go-containerregistry\/crane:\S+/;
    expectEqual(image.test(yaml), true, 'the page has the image of crane');
    const file = path.join(this.parts.cluster.directory, 'readme.yaml');
    await writeFile(file, yaml.replace(image, podImage('crane')));
    await this.parts.user.kubectl.run(['apply', '-f', file]);
  }

  async #table(): Promise<void> {
    expectEqual(
      withoutAge(await this.parts.user.kubectl.run(['get', 'connectors'])),
      withoutAge(pageBlock('table of Connectors')),
      'table',
    );
  }

  async #names(): Promise<void> {
    const { shell, digest } = this.parts;
    const names = pageBlock('names of an image').trim().split('\n');
    expectEqual(names.length, 2, 'number of names');
    for (const name of names) {
      expectEqual((await shell.run(`SSL_CERT_FILE=ca.crt crane digest ${name}`)).trim(), digest, name);
    }
  }
}

/** Returns the words of each line of a table but the last one, which is the age. */
function withoutAge(table: string): string[][] {
  return table
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/ +/).slice(0, -1));
}
