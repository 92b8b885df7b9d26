import { describeSettings, readProgramSettings } from '@oci-connector/runtime';
import { itKeepsTheRulesOfSettings } from '@oci-connector/testing-kit';
import { ControllerSettings } from './controller.config';

const load = (environment: Record<string, string>): ReturnType<typeof readProgramSettings> =>
  readProgramSettings({ name: 'connectors-controller', settings: ControllerSettings, environment });

describe('the settings of the controller', () => {
  itKeepsTheRulesOfSettings({ settings: describeSettings(ControllerSettings), load });

  it.each([
    ['1h', undefined, false],
    ['72h', undefined, false],
    ['73h', undefined, true],
    ['1h', '20m', false],
    ['1h', '19m', true],
    [undefined, '576h', true],
    ['87600h', '576h', true],
  ])('checks CA_LIFETIME %s together with CA_PUBLICATION %s: accepted %s', (lifetime, publication, fits) => {
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
