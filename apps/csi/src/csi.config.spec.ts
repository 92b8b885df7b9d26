import { describeSettings, readProgramSettings } from '@oci-connector/runtime';
import { CsiSettings } from './csi.config';

const ALL = describeSettings(CsiSettings);
const load = (environment: Record<string, string>): ReturnType<typeof readProgramSettings> =>
  readProgramSettings({ name: 'connectors-csi', settings: CsiSettings, environment });

describe('the settings of the csi', () => {
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
});
