import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Copies CRDs to a new directory, and adds a protocol with its own probes to the classes there.
 *
 * @returns the directory, which the caller must remove
 */
export function crdsWithProtocol(crds: string, protocol: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'crds-'));
  for (const file of readdirSync(crds)) {
    const text = readFileSync(join(crds, file), 'utf8')
      .replace(/^( +)- oci\n(?= +- http$)/m, `$&$1- ${protocol}\n`)
      .replaceAll('self.protocol == "oci"', `self.protocol in ["oci", "${protocol}"]`);
    writeFileSync(join(directory, file), text);
  }
  return directory;
}
