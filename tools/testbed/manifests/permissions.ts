import { DEFAULT_NAMESPACE } from '@oci-connector/connector-api';
import { type Checks, expectEqual } from '../checks';
import { type Kubectl } from '../kubectl';

const CONTROLLER = 'system:serviceaccount:connectors-system:connectors-controller';
const PROXY = 'system:serviceaccount:connectors-system:connectors-proxy';

/** A namespace that is not the namespace of the installation. */
const ELSEWHERE = 'default';
const OWN = DEFAULT_NAMESPACE;

/** Permissions as `VERB RESOURCE[/NAME] [SUBRESOURCE]`, as in `kubectl auth can-i`. `where` is a namespace or {@link EVERYWHERE}. */
interface Permissions {
  readonly user: string;
  readonly groups?: readonly string[];
  readonly where: string;
  readonly allowed: readonly string[];
  readonly refused: readonly string[];
}

const EVERYWHERE = 'everywhere';
const GROUP = 'connectors.alauda.io';

/** The permissions of the programs, and the actions that an attacker who controls one must not be able to do. */
const PROGRAMS: readonly Permissions[] = [
  {
    user: CONTROLLER,
    where: EVERYWHERE,
    allowed: [
      ...['list', 'watch'].flatMap((verb) => [`${verb} connectors.${GROUP}`, `${verb} connectorclasses.${GROUP}`]),
      ...['get', 'list', 'watch'].map((verb) => `${verb} secrets`),
      ...['get', 'list', 'watch', 'create', 'update', 'delete'].map((verb) => `${verb} services`),
      `patch connectors.${GROUP} status`,
      `patch connectorclasses.${GROUP} status`,
      'create events',
    ],
    refused: [
      ...['create', 'update', 'patch', 'delete'].flatMap((verb) => [
        `${verb} connectors.${GROUP}`,
        `${verb} connectorclasses.${GROUP}`,
        `${verb} secrets`,
      ]),
      ...['get', 'update', 'delete'].map((verb) => `${verb} connectors.${GROUP} proxy`),
      'create tokenreviews.authentication.k8s.io',
      'create subjectaccessreviews.authorization.k8s.io',
      'create serviceaccounts token',
      'impersonate users',
      'impersonate serviceaccounts',
      'create rolebindings.rbac.authorization.k8s.io',
      'bind clusterroles.rbac.authorization.k8s.io',
      'escalate clusterroles.rbac.authorization.k8s.io',
      'list pods',
      'create pods',
      'list nodes',
      'list namespaces',
      'get configmaps',
      'get leases.coordination.k8s.io',
    ],
  },
  {
    user: CONTROLLER,
    where: OWN,
    allowed: [
      'create leases.coordination.k8s.io',
      'update leases.coordination.k8s.io/connectors-controller',
      'create secrets',
      'update secrets/connectors-proxy-ca',
      'update secrets/connectors-proxy-sealing',
      'create configmaps',
      'update configmaps/connectors-proxy-ca',
    ],
    refused: [
      'update leases.coordination.k8s.io/another',
      'update secrets/another',
      'delete secrets/connectors-proxy-ca',
      'update configmaps/another',
      'create pods',
      'update deployments.apps',
    ],
  },
  {
    user: PROXY,
    where: EVERYWHERE,
    allowed: [
      ...['list', 'watch'].flatMap((verb) => [`${verb} connectors.${GROUP}`, `${verb} connectorclasses.${GROUP}`]),
      'get secrets',
      'create tokenreviews.authentication.k8s.io',
      'create subjectaccessreviews.authorization.k8s.io',
    ],
    refused: [
      ...['list', 'watch', 'create', 'update', 'patch', 'delete'].map((verb) => `${verb} secrets`),
      ...['create', 'update', 'patch', 'delete'].map((verb) => `${verb} connectors.${GROUP}`),
      ...['get', 'update', 'delete'].map((verb) => `${verb} connectors.${GROUP} proxy`),
      `patch connectors.${GROUP} status`,
      'create serviceaccounts token',
      'impersonate users',
      'impersonate serviceaccounts',
      'create rolebindings.rbac.authorization.k8s.io',
      'create services',
      'create events',
      'get configmaps',
      'list pods',
      'create pods',
      'get leases.coordination.k8s.io',
    ],
  },
  {
    user: PROXY,
    where: OWN,
    allowed: ['get secrets/connectors-proxy-ca', 'get secrets/connectors-proxy-sealing'],
    refused: [
      'list secrets',
      'watch secrets',
      'list secrets/connectors-proxy-ca',
      'watch secrets/connectors-proxy-sealing',
      'update secrets/connectors-proxy-ca',
      'delete secrets/connectors-proxy-sealing',
    ],
  },
];

/** The users of the example shared-by-namespaces.yaml. */
const USERS: readonly Permissions[] = [
  {
    user: 'system:serviceaccount:team-a:anybody',
    groups: ['system:serviceaccounts:team-a'],
    where: 'registries',
    allowed: [`get connectors.${GROUP}/harbor proxy`],
    refused: [
      `update connectors.${GROUP}/harbor proxy`,
      `delete connectors.${GROUP}/harbor proxy`,
      `get connectors.${GROUP}/harbor`,
      'get secrets/harbor-robot',
    ],
  },
  {
    user: 'system:serviceaccount:team-b:builder',
    groups: ['system:serviceaccounts:team-b'],
    where: 'registries',
    allowed: [`get connectors.${GROUP}/harbor proxy`, `update connectors.${GROUP}/harbor proxy`],
    refused: [`update connectors.${GROUP}/another proxy`, `delete connectors.${GROUP}/harbor proxy`, 'get secrets/harbor-robot'],
  },
  {
    user: 'system:serviceaccount:team-c:anybody',
    groups: ['system:serviceaccounts:team-c'],
    where: 'registries',
    allowed: [],
    refused: [`get connectors.${GROUP}/harbor proxy`, `update connectors.${GROUP}/harbor proxy`],
  },
  {
    user: 'system:serviceaccount:team-a:anybody',
    groups: ['system:serviceaccounts:team-a'],
    where: ELSEWHERE,
    allowed: [],
    refused: [`get connectors.${GROUP}/harbor proxy`],
  },
];

/** Asks the API server what the shipped RBAC allows. The example must be applied before. */
export async function checkPermissions(checks: Checks, kubectl: Kubectl): Promise<void> {
  for (const permissions of [...PROGRAMS, ...USERS]) {
    const { user, where, allowed, refused } = permissions;
    const who = user.replace('system:serviceaccount:', '');
    for (const what of allowed) {
      await checks.check(`${who} may ${what} (${where})`, () => ask(kubectl, permissions, what, 'yes'));
    }
    for (const what of refused) {
      await checks.check(`${who} may not ${what} (${where})`, () => ask(kubectl, permissions, what, 'no'));
    }
  }
}

async function ask(kubectl: Kubectl, { user, groups = [], where }: Permissions, what: string, expected: 'yes' | 'no'): Promise<void> {
  const [verb = '', resource = '', subresource] = what.split(' ');
  const { stdout, stderr } = await kubectl.try([
    'auth',
    'can-i',
    verb,
    resource,
    ...(subresource === undefined ? [] : [`--subresource=${subresource}`]),
    ...(where === EVERYWHERE ? ['--all-namespaces'] : [`--namespace=${where}`]),
    `--as=${user}`,
    ...groups.map((group) => `--as-group=${group}`),
  ]);
  // kubectl also prints "no" for a resource name that it does not know.
  if (stderr.includes("doesn't have a resource type")) {
    throw new Error(stderr);
  }
  expectEqual(stdout.trim().split(/\s/)[0], expected, `kubectl auth can-i ${what} (${stderr.trim()})`);
}
