/** The parts of a program that the rules check: its settings, and how it loads an environment. */
export interface SettingsUnderTest {
  readonly settings: readonly { readonly name: string; readonly kind: string; readonly max?: number }[];
  readonly load: (environment: Record<string, string>) => { readonly ignored: readonly string[] };
}

const HOUR_MS = 3_600_000;

/** The longest timer of Node.js, in hours. Durations without their own limit have this one. */
const LONGEST_HOURS = 576;

/** Declares the tests that the settings of every program must pass. Call inside a `describe` of its spec. */
export function itKeepsTheRulesOfSettings({ settings, load }: SettingsUnderTest): void {
  const namesOf = (wanted: (setting: SettingsUnderTest['settings'][number]) => boolean): string[] =>
    settings.filter(wanted).map(({ name }) => name);
  const longestOf = (name: string): string => {
    const max = settings.find((setting) => setting.name === name)?.max;
    return `${max === undefined ? LONGEST_HOURS : max / HOUR_MS}h`;
  };
  const durations = namesOf(({ kind }) => kind === 'duration');

  for (const name of durations) {
    it(`${name} has an upper limit, and longer values are refused`, () => {
      const longest = longestOf(name);
      for (const text of [`${longest}1ms`, '1000000h', `${'9'.repeat(400)}h`]) {
        expect(() => load({ [name]: text })).toThrow(`${name}: must be at most ${longest}`);
      }
    });
  }

  it('accept the longest durations together', () => {
    expect(load(Object.fromEntries(durations.map((name) => [name, longestOf(name)]))).ignored).toEqual([]);
  });

  for (const name of namesOf((setting) => setting.name.endsWith('_PORT'))) {
    it(`${name} is ignored when Kubernetes made it from a Service`, () => {
      const service = name.replace(/_PORT$/, '');
      for (const link of ['tcp://10.0.0.1:80', 'udp://10.0.0.1:53', 'sctp://10.0.0.1:9', 'tcp://[fd00::1]:80']) {
        const made = {
          [name]: link,
          [`${service}_SERVICE_HOST`]: '10.0.0.1',
          [`${service}_SERVICE_PORT`]: '80',
          [`${name}_80_TCP`]: link,
          [`${name}_80_TCP_ADDR`]: '10.0.0.1',
        };
        expect(load(made)).toEqual({ ...load({}), ignored: [name] });
      }
      expect(() => load({ [name]: 'http://10.0.0.1:80' })).toThrow(`${name}: "http://10.0.0.1:80" is not a whole number`);
    });
  }

  it('have no other name that Kubernetes makes from a Service', () => {
    expect(namesOf(({ name }) => /_SERVICE_HOST$|_SERVICE_PORT|_PORT_/.test(name))).toEqual([]);
  });
}
