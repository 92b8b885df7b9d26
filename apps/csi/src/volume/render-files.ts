import { renderVolume, type VolumeEnvironment } from '@oci-connector/config-rendering';
import { type PublishVolume } from '../node/publish-request';
import { type FileSet, type VolumeFile } from './volume-directory';
import { formatInputs, INPUTS_FILE, type VolumeInputs } from './volume-inputs';

/** The whole content of a volume. @throws RenderingError */
export function renderFiles(publish: PublishVolume, inputs: VolumeInputs, environment: VolumeEnvironment): FileSet {
  const { configurationNames, excludedFiles, configurationParams } = publish.attributes;
  const rendered = renderVolume({ ...inputs, configurationNames, excludedFiles, configurationParams, token: publish.token, environment });
  const files = new Map<string, VolumeFile>([...rendered].map(([name, content]) => [name, { content }]));
  return files.set(INPUTS_FILE, { content: formatInputs(inputs), hidden: true });
}
