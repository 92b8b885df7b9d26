import { RenderingError } from './rendering.errors';

/**
 * Largest total size of a volume's files, in bytes. While the content is replaced, the file system stores it twice. The built-in
 * files have about 250 KiB, nearly all of it public certificate authorities. The configuration of a client has a few KiB.
 */
export const VOLUME_BYTES_MAX = 2 * 1024 * 1024;

/** Returns the error for a volume that is too large. The message does not contain the size, because it may depend on the token. */
export function volumeTooLarge(): RenderingError {
  const message = `configuration.names: the files have more than the ${VOLUME_BYTES_MAX} bytes that a volume may have; request fewer configurations or exclude files`;
  return new RenderingError('VolumeTooLarge', message);
}
