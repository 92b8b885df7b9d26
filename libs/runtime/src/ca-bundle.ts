import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/**
 * Reads the PEM certificates of `OCI_CONNECTOR_CA_BUNDLE`; none for an empty path. Programs read it once, when they start, so that an
 * invalid bundle is reported then and not at the first request.
 *
 * @throws Error when the file cannot be read, or does not begin with a certificate
 */
export async function readCaBundle(path: string): Promise<readonly string[]> {
  if (path === '') {
    return [];
  }
  const bundle = await readFile(path, 'utf8');
  try {
    new X509Certificate(bundle);
  } catch (error) {
    throw new Error(`OCI_CONNECTOR_CA_BUNDLE: ${path} does not begin with a certificate in PEM`, { cause: error });
  }
  return [bundle];
}
