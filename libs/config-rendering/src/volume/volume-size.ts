import { RenderingError } from './rendering.errors';

/**
 * Most that a volume holds, in bytes; the file system has to hold it twice while the content is swapped. The built-in files have
 * some 250 KiB, nearly all of it the public certificate authorities, and a client's configuration a few.
 */
export const VOLUME_BYTES_MAX = 2 * 1024 * 1024;

/** Says no number: it may depend on the token. */
export function volumeTooLarge(): RenderingError {
  const message = `configuration.names: the files have more than the ${VOLUME_BYTES_MAX} bytes that a volume may have; name fewer configurations or exclude files`;
  return new RenderingError('VolumeTooLarge', message);
}
