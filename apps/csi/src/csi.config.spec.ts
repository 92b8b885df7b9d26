import { describeSettings, readProgramSettings } from '@oci-connector/runtime';
import { itKeepsTheRulesOfSettings } from '@oci-connector/testing-kit';
import { CsiSettings } from './csi.config';

const load = (environment: Record<string, string>): ReturnType<typeof readProgramSettings> =>
  readProgramSettings({ name: 'connectors-csi', settings: CsiSettings, environment });

describe('the settings of the CSI driver', () => {
  itKeepsTheRulesOfSettings({ settings: describeSettings(CsiSettings), load });
});
