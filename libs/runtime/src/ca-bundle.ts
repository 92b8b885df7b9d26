import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ConfigurationError } from './settings';

/**
 * Reads the PEM certificates of `OCI_CONNECTOR_CA_BUNDLE`; none for an empty path. Programs read it once, when they start, so that an
 * invalid bundle is reported then and not at the first request.
 *
 * @throws ConfigurationError when the file cannot be read, or does not begin with a certificate
 */
export async function readCaBundle(path: string): Promise<readonly string[]> {
  if (path === '') {
    return [];
  }
  const bundle = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw problem(`${path} cannot be read (${cause.code}); set it to a file that the program may read`, cause);
  });
  try {
    new X509Certificate(bundle);
  } catch (cause) {
    throw problem(`${path} does not begin with a certificate in PEM`, cause);
  }
  return [bundle];
}

function problem(text: string, cause: unknown): ConfigurationError {
  return new ConfigurationError([`OCI_CONNECTOR_CA_BUNDLE: ${text}`], { cause });
}
