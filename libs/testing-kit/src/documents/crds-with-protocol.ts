import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Copies CRDs to a new directory, and gives classes one more protocol there, which has probes of its own. @returns the directory, to be removed */
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
