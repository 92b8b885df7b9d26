import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(__dirname, '../..');

/** Projects in which each file with a class has its own spec, except for the files in {@link ELSEWHERE}. */
const PROJECTS = [
  'apps/controller',
  'apps/csi',
  'apps/proxy',
  'libs/clock',
  'libs/credentials',
  'libs/diagnosis',
  'libs/egress',
  'libs/http',
  'libs/kube',
  'libs/limits',
  'libs/oci-auth',
  'libs/sensitive',
];

/** Files whose classes are tested as parts of a larger unit, each with the spec of that unit. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'apps/controller/src/certificate-authority/certificate-authority.reconciler.ts': 'apps/controller/test/installation.e2e.spec.ts',
  'apps/controller/src/cluster/cluster-watches.ts': 'apps/controller/test/surroundings.e2e.spec.ts',
  'apps/controller/src/connector-class/connector-class.reconciler.ts': 'apps/controller/test/surroundings.e2e.spec.ts',
  'apps/controller/src/connector/connector.reconciler.ts': 'apps/controller/test/connector.e2e.spec.ts',
  'apps/controller/src/connector/transition-events.ts': 'apps/controller/src/connector/connector-status.writer.spec.ts',
  'apps/controller/src/leader-term.ts': 'apps/controller/test/installation.e2e.spec.ts',
  'apps/controller/src/replica.ts': 'apps/controller/src/controller.module.spec.ts',
  'apps/controller/src/sealing-key/sealing-key.reconciler.ts': 'apps/controller/test/installation.e2e.spec.ts',
  'apps/csi/src/csi-state.ts': 'apps/csi/test/republish.e2e.spec.ts',
  'apps/csi/src/driver.ts': 'apps/csi/test/driver-life.e2e.spec.ts',
  'apps/csi/src/mount/directory-mounter.ts': 'apps/csi/test/driver-life.e2e.spec.ts',
  'apps/csi/src/observability/csi-metrics.ts': 'apps/csi/src/observability/operations.docs.spec.ts',
  'apps/csi/src/rpc/call-handlers.ts': 'apps/csi/test/refusals.e2e.spec.ts',
  'apps/csi/src/rpc/unix-server.ts': 'apps/csi/test/driver-life.e2e.spec.ts',
  'apps/csi/src/services/node-server.ts': 'apps/csi/test/publish.e2e.spec.ts',
  'apps/csi/src/services/registration-server.ts': 'apps/csi/test/driver-life.e2e.spec.ts',
  'apps/csi/src/volume/gather-inputs.ts': 'apps/csi/test/republish.e2e.spec.ts',
  'apps/csi/src/volume/kept-inputs.ts': 'apps/csi/test/republish.e2e.spec.ts',
  'apps/csi/src/volume/volume-keys.ts': 'apps/csi/src/volume/publish-volume.spec.ts',
  'apps/proxy/src/certificates/certificate-authority.ts': 'apps/proxy/test/start.e2e.spec.ts',
  'apps/proxy/src/client/client-body.ts': 'apps/proxy/src/client/push-connection.spec.ts',
  'apps/proxy/src/client/client-reads.ts': 'apps/proxy/src/client/push-connection.spec.ts',
  'apps/proxy/src/client/client-request.ts': 'apps/proxy/src/client/upgrading-connection.spec.ts',
  'apps/proxy/src/client/last-answer.ts': 'apps/proxy/src/client/http-connections.spec.ts',
  'apps/proxy/src/client/relay-self-test.ts': 'apps/proxy/src/client/request-relay.spec.ts',
  'apps/proxy/src/data-plane.ts': 'apps/proxy/test/shutdown.e2e.spec.ts',
  'apps/proxy/src/observability/log-sampler.ts': 'apps/proxy/src/observability/access-log.spec.ts',
  'apps/proxy/src/observability/labelled-connectors.ts': 'apps/proxy/src/observability/proxy-metrics.spec.ts',
  'apps/proxy/src/forward/relay-plain-http.ts': 'apps/proxy/test/forward-relay.e2e.spec.ts',
  'apps/proxy/src/forward/serve-absolute.ts': 'apps/proxy/test/forward-inside.e2e.spec.ts',
  'apps/proxy/src/forward/serve-connect.ts': 'apps/proxy/test/forward-inside.e2e.spec.ts',
  'apps/proxy/src/pipeline/authorize-client.ts': 'apps/proxy/test/refusals.e2e.spec.ts',
  'apps/proxy/src/pipeline/forward-request.ts': 'apps/proxy/test/faults.e2e.spec.ts',
  'apps/proxy/src/pipeline/handle-request.ts': 'apps/proxy/test/pull.e2e.spec.ts',
  'apps/proxy/src/pipeline/identify-request.ts': 'apps/proxy/test/identify-request.spec.ts',
  'apps/proxy/src/pipeline/plan-request.ts': 'apps/proxy/test/toy-protocol.e2e.spec.ts',
  'apps/proxy/src/pipeline/resolve-connector.ts': 'apps/proxy/test/refusals.e2e.spec.ts',
  'apps/proxy/src/port/client-slot.ts': 'apps/proxy/src/port/connection-limits.spec.ts',
  'apps/proxy/src/protocols/oci/name-replacement.ts': 'apps/proxy/src/protocols/oci/tag-list.spec.ts',
  'apps/proxy/src/proxy-state.ts': 'apps/proxy/test/outage.e2e.spec.ts',
  'apps/proxy/src/transfer/relayed-body.ts': 'apps/proxy/src/upstream/relayed-response.spec.ts',
  'apps/proxy/src/upstream/handed-over.ts': 'apps/proxy/src/upstream/relay-transport.spec.ts',
  'apps/proxy/src/upstream/relay-connection.ts': 'apps/proxy/src/upstream/relay-transport.spec.ts',
  'apps/proxy/src/upstream/sent-body.ts': 'apps/proxy/src/client/push-connection.spec.ts',
  'apps/proxy/src/upstream/undici-transport.ts': 'apps/proxy/src/upstream/upstream-transport.spec.ts',
  'apps/proxy/src/upstream/web-socket-transport.ts': 'apps/proxy/test/websocket.e2e.spec.ts',
  'libs/credentials/src/credential.ts': 'libs/credentials/src/parse-credential.spec.ts',
  'libs/egress/src/names/watched-file.ts': 'libs/egress/src/names/name-resolver.spec.ts',
  'libs/kube/src/deadline.ts': 'libs/kube/src/kube-client.spec.ts',
  'libs/kube/src/review-cache.ts': 'libs/kube/src/token-reviewer.spec.ts',
  'libs/oci-auth/src/attempt.ts': 'libs/oci-auth/src/oci-authorizer.rejected.spec.ts',
  'libs/oci-auth/src/known-plans.ts': 'libs/oci-auth/src/oci-authorizer.spec.ts',
  'libs/oci-auth/src/known-tokens.ts': 'libs/oci-auth/src/oci-authorizer.spec.ts',
  'libs/oci-auth/src/learned-actions.ts': 'libs/oci-auth/src/dance.scopes.spec.ts',
  'libs/oci-auth/src/token-source.ts': 'libs/oci-auth/src/dance.refusals.spec.ts',
};

/** Whether a file contains a class that is not an error class. Error classes have no behaviour to test. */
function hasBehaviour(text: string): boolean {
  return /^(?:export )?(?:abstract )?class (?!\w+ extends (?:Error|\w+Error)\b)/m.test(text);
}

const sources = PROJECTS.flatMap((project) =>
  (readdirSync(path.join(root, project, 'src'), { recursive: true }) as string[]).map((name) => `${project}/src/${name}`),
).filter((file) => file.endsWith('.ts'));
const specs = sources.filter((file) => file.endsWith('spec.ts'));
const classes = sources.filter((file) => !file.endsWith('spec.ts') && hasBehaviour(readFileSync(path.join(root, file), 'utf8')));
const hasOwnSpec = (file: string): boolean => specs.some((spec) => spec.startsWith(`${file.slice(0, -'.ts'.length)}.`));

describe('unit specs', () => {
  it('exist for each file with a class, or ELSEWHERE names another spec', () => {
    expect(classes.length).toBeGreaterThan(40);
    expect(classes.filter((file) => !hasOwnSpec(file) && ELSEWHERE[file] === undefined)).toEqual([]);
  });

  it('ELSEWHERE names only existing files without their own spec, and only existing specs', () => {
    const stale = Object.entries(ELSEWHERE).filter(
      ([file, spec]) => !classes.includes(file) || hasOwnSpec(file) || !spec.endsWith('.spec.ts') || !existsSync(path.join(root, spec)),
    );
    expect(stale).toEqual([]);
  });
});
