import { type Environment } from './environment';

/** Prefix of the variables of all programs. */
const PREFIX = 'OCI_CONNECTOR_';

/** Prefixes of the settings of one program. One ConfigMap may set the variables of all programs. */
const PROGRAMS = ['CONTROLLER', 'PROXY', 'CSI'].map((program) => `${PREFIX}${program}_`);

/** Most differences between a misspelt name and the setting that it may mean. */
const MAX_EDITS = 3;

/** Variables that may be set although they are not settings of the program. */
export interface KnownSettings {
  /** Name of the program, such as `connectors-proxy`. Variables with the prefix of another program are ignored. */
  readonly program: string;
  /** Settings that several programs share, and that this program may not have. */
  readonly shared: readonly string[];
}

/**
 * Returns the problems with variables that look like settings of this program but are not: a misspelt name must not leave a default in
 * effect silently. Variables that are empty, that belong to other programs, or that Kubernetes sets for a Service with a similar name
 * are ignored.
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
      return `${name}: there is no such setting${meant === undefined ? '' : `; did you mean ${meant}?`}`;
    });
}

/**
 * Returns patterns of the variables that Kubernetes sets for Services: for a Service `a-b`, A_B_SERVICE_HOST, A_B_SERVICE_PORT…
 * and A_B_PORT….
 */
function serviceLinks(environment: Environment): RegExp[] {
  const services = Object.keys(environment).flatMap((name) => /^([A-Z0-9_]+)_SERVICE_HOST$/.exec(name)?.[1] ?? []);
  return services.map((service) => new RegExp(`^${service}_(SERVICE_HOST$|(SERVICE_)?PORT(_|$))`));
}

function closest(name: string, settings: readonly string[]): string | undefined {
  const rated = settings.map((setting) => ({ setting, edits: editDistance(name, setting) }));
  const [best] = rated.sort((one, other) => one.edits - other.edits);
  return best && best.edits <= MAX_EDITS ? best.setting : undefined;
}

/** Returns how many characters must be added, removed or replaced to change one text into the other (Levenshtein). */
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
