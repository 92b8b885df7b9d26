import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { runCommand } from '../test/captured-world';
import { useDirectory } from '../test/test-worlds';

const ROOT = path.join(__dirname, '../../..');

/** Values that a field may have by mistake. `undefined` removes the field. */
const DAMAGE: readonly unknown[] = [undefined, null, 7, 'text', [null], { x: null }];

const SECRET = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'harbor', namespace: 'team' },
  stringData: { username: 'u', password: 'p' },
};
const CONNECTOR = {
  apiVersion: 'connectors.alauda.io/v1alpha1',
  kind: 'Connector',
  metadata: { name: 'harbor', namespace: 'team' },
  spec: {
    connectorClassName: 'oci',
    address: 'https://registry.test',
    auth: { name: 'basicAuth', secretRef: { name: 'harbor' }, trustedRealms: ['https://auth.test'] },
    caCertSecretRef: { name: 'ca' },
    params: [{ name: 'a', value: 'b' }],
  },
};
const CA = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'ca', namespace: 'team' }, type: 'Opaque', data: { 'ca.crt': 'eA==' } };
const CLASS = parseAllDocuments(readFileSync(path.join(ROOT, 'deploy/chart/files/class-oci.yaml'), 'utf8'))[0]?.toJS() as object;
const PROBED = {
  livenessProbe: { http: { path: '/', response: { cel: 'response.statusCode == 200' } } },
  authProbes: [{ authName: 'basicAuth', probe: { http: { path: '/', response: { cel: 'true' } } } }],
};
const OBJECTS: readonly object[] = [{ ...CLASS, spec: { ...(CLASS as { spec: object }).spec, ...PROBED } }, SECRET, CA, CONNECTOR];

type Place = readonly (string | number)[];

/** Returns the places of all fields and items below a value. */
function placesIn(value: unknown, above: Place = []): Place[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return keys.flatMap((key) => {
    const place = [...above, key];
    return [place, ...placesIn((value as Record<string | number, unknown>)[key], place)];
  });
}

/** Returns a copy with another value at a place. */
function damaged(value: unknown, [key, ...rest]: Place, damage: unknown): unknown {
  if (key === undefined) {
    return damage;
  }
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<string | number, unknown>;
  copy[key] = damaged(copy[key], rest, damage);
  return copy;
}

describe('connectors lint with a damaged field', () => {
  const directory = useDirectory();
  const cases = placesIn(OBJECTS).map((place) => [place.join('.'), place] as const);

  it.each(cases)('answers whatever is at %s', async (_name, place) => {
    for (const damage of DAMAGE) {
      const objects = damaged(OBJECTS, place, damage) as unknown[];
      const file = directory.write('x.yaml', objects.map((object) => stringify(object ?? null)).join('---\n'));
      const { status, stdout } = await runCommand(['lint', '-f', file]);
      expect([0, 1]).toContain(status);
      expect(stdout).toMatch(/\d+ objects?, (no|\d+) problems?\n$/);
    }
  });
});
