import { renderVolume, type VolumeEnvironment } from '@oci-connector/config-rendering';
import { type PublishRequest } from '../request/publish-request';
import { type FileSet } from './volume-directory';
import { type VolumeInputs } from './volume-inputs';

/**
 * Renders all files of a volume.
 *
 * @throws RenderingError when a file cannot be rendered
 */
export function renderFiles(request: PublishRequest, inputs: VolumeInputs, environment: VolumeEnvironment): FileSet {
  const { configurationNames, excludedFiles, configurationParams } = request.attributes;
  return renderVolume({ ...inputs, configurationNames, excludedFiles, configurationParams, token: request.token, environment });
}
