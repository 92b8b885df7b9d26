import { describeSettings, readProgramSettings } from '@oci-connector/runtime';
import { ControllerSettings } from './controller.config';

const ALL = describeSettings(ControllerSettings);
const load = (environment: Record<string, string>): ReturnType<typeof readProgramSettings> =>
  readProgramSettings({ name: 'connectors-controller', settings: ControllerSettings, environment });

describe('the settings of the controller', () => {
  it.each(ALL.filter(({ kind }) => kind === 'duration'))('$name has an upper limit, and longer values are refused', ({ name, max }) => {
    const longest = `${(max ?? 576 * 3_600_000) / 3_600_000}h`;
    for (const text of [`${longest}1ms`, '1000000h', `${'9'.repeat(400)}h`]) {
      expect(() => load({ [name]: text })).toThrow(`${name}: must be at most ${longest}`);
    }
    if (max === undefined) {
      expect(() => load({ [name]: '597h' })).toThrow('must be at most 576h');
    }
  });

  it('take the longest durations together', () => {
    const longest = ALL.filter(({ kind }) => kind === 'duration').map(({ name, max }) => [
      name,
      `${(max ?? 576 * 3_600_000) / 3_600_000}h`,
    ]);
    expect(load(Object.fromEntries(longest) as Record<string, string>).ignored).toEqual([]);
  });

  it.each(ALL.filter(({ name }) => name.endsWith('_PORT')).map(({ name }) => name))(
    '%s is left alone when Kubernetes made it of a Service',
    (name) => {
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
    },
  );

  it('have no other name that Kubernetes makes of a Service', () => {
    expect(ALL.filter(({ name }) => /_SERVICE_HOST$|_SERVICE_PORT|_PORT_/.test(name))).toEqual([]);
  });

  it.each([
    ['1h', undefined, false],
    ['72h', undefined, false],
    ['73h', undefined, true],
    ['1h', '20m', false],
    ['1h', '19m', true],
    [undefined, '576h', true],
    ['87600h', '576h', true],
  ])('fit together: CA_LIFETIME %s and CA_PUBLICATION %s: %s', (lifetime, publication, fits) => {
    const environment = {
      OCI_CONNECTOR_CONTROLLER_CA_LIFETIME: lifetime ?? '',
      OCI_CONNECTOR_CONTROLLER_CA_PUBLICATION: publication ?? '',
    };
    if (fits) {
      expect(load(environment).ignored).toEqual([]);
    } else {
      expect(() => load(environment)).toThrow(
        /OCI_CONNECTOR_CONTROLLER_CA_PUBLICATION: must be less than a third of OCI_CONNECTOR_CONTROLLER_CA_LIFETIME \(/,
      );
    }
  });
});
