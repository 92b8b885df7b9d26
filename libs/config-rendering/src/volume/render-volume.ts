import { builtInFiles } from './built-in-files';
import { proxyCertificates } from './certificates';
import { configurationFiles } from './configuration-files';
import { type FileContent, type VolumeRequest } from './volume-request';
import { volumeTooLarge, VOLUME_BYTES_MAX } from './volume-size';

/**
 * Returns the files of a volume, by name. A file of a class replaces the built-in file of the same name; exclusions apply last.
 * The same request always gives the same files.
 *
 * @throws RenderingError when the files cannot be rendered
 */
export function renderVolume(given: VolumeRequest): ReadonlyMap<string, FileContent> {
  const request = { ...given, caCertificates: proxyCertificates(given.caCertificates) };
  const files = new Map<string, FileContent>([...builtInFiles(request), ...configurationFiles(request)]);
  for (const name of request.excludedFiles) {
    files.delete(name);
  }
  checkSize(files);
  return files;
}

function checkSize(files: ReadonlyMap<string, FileContent>): void {
  const bytes = [...files.values()].reduce((sum, content) => sum + Buffer.byteLength(content), 0);
  if (bytes > VOLUME_BYTES_MAX) {
    throw volumeTooLarge();
  }
}
