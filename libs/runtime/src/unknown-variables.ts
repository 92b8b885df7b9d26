import { type Environment } from './environment';

/** What the names of all our variables begin with. */
const PREFIX = 'OCI_CONNECTOR_';

/** How the settings that one program alone has begin; all may be set for all programs, by one ConfigMap say. */
const PROGRAMS = ['CONTROLLER', 'PROXY', 'CSI'].map((program) => `${PREFIX}${program}_`);

/** More mistakes than this make another name of it. */
const MAX_EDITS = 3;

/** What may be set although it is no setting of the program. */
export interface KnownSettings {
  /** Such as `connectors-proxy`; settings that begin like another program's are left alone. */
  readonly program: string;
  /** Settings of several programs, of which this one may have none. */
  readonly shared: readonly string[];
}

/**
 * What is wrong with the variables that look like settings of this program and are none: a slip in a name must not leave a
 * default in force without a word. Empty ones change nothing and are left alone, and so are those of other programs and those
 * that Kubernetes makes of a Service whose name begins like ours.
 */
export function unknownVariables(environment: Environment, settings: readonly string[], { program, shared }: KnownSettings): string[] {
  const own = `${PREFIX}${program.replace(/^connectors-/, '').toUpperCase()}_`;
  const others = PROGRAMS.filter((prefix) => prefix !== own);
  const links = serviceLinks(environment);
  return Object.keys(environment)
    .filter((name) => name.startsWith(PREFIX) && (environment[name] ?? '') !== '' && !settings.includes(name) && !shared.includes(name))
    .filter((name) => !others.some((prefix) => name.startsWith(prefix)) && !links.some((link) => link.test(name)))
    .map((name) => {
      const meant = closest(name, settings);
      return `${name}: there is no such setting${meant === undefined ? '' : `; ${meant} may be meant`}`;
    });
}

/** Kubernetes, "Service environment variables": for a Service `a-b`, A_B_SERVICE_HOST and all that begins with A_B_SERVICE_PORT or A_B_PORT. */
function serviceLinks(environment: Environment): RegExp[] {
  const services = Object.keys(environment).flatMap((name) => /^([A-Z0-9_]+)_SERVICE_HOST$/.exec(name)?.[1] ?? []);
  return services.map((service) => new RegExp(`^${service}_(SERVICE_HOST$|(SERVICE_)?PORT(_|$))`));
}

function closest(name: string, settings: readonly string[]): string | undefined {
  const rated = settings.map((setting) => ({ setting, edits: editDistance(name, setting) }));
  const [best] = rated.sort((one, other) => one.edits - other.edits);
  return best && best.edits <= MAX_EDITS ? best.setting : undefined;
}

/** Characters to add, drop or replace to make one text of another (Levenshtein). */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, character] of [...one].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= other.length; column++) {
      const replaced = (row[column - 1] ?? 0) + (character === other[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
