import { builtInFiles } from './built-in-files';
import { proxyCertificates } from './certificates';
import { configurationFiles } from './configuration-files';
import { RenderingError } from './rendering.errors';
import { type VolumeRequest } from './volume-request';

/**
 * Most that a volume holds, in bytes; the file system has to hold it twice while the content is swapped. The built-in files have
 * some 250 KiB, nearly all of it the public certificate authorities, and a client's configuration a few.
 */
export const VOLUME_BYTES_MAX = 2 * 1024 * 1024;

/**
 * The files of a volume, by name. A file of a class takes the place of the built-in one of the same name; exclusions come last.
 * The same request always gives the same files.
 *
 * @throws RenderingError
 */
export function renderVolume(given: VolumeRequest): ReadonlyMap<string, string> {
  const request = { ...given, caCertificates: proxyCertificates(given.caCertificates) };
  const files = new Map([...builtInFiles(request), ...configurationFiles(request)]);
  for (const name of request.excludedFiles) files.delete(name);
  checkSize(files);
  return files;
}

function checkSize(files: ReadonlyMap<string, string>): void {
  const bytes = [...files.values()].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytes <= VOLUME_BYTES_MAX) return;
  const message = `configuration.names: the files have ${bytes} bytes, more than the ${VOLUME_BYTES_MAX} that a volume may have; name fewer configurations or exclude files`;
  throw new RenderingError('VolumeTooLarge', message);
}
