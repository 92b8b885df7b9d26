import { type ConnectorClass, type ConnectorClassSpec, type ObjectMeta } from '@oci-connector/connector-api';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';

export interface ConnectorClassOptions {
  readonly metadata?: Partial<ObjectMeta>;
  /** Laid over the spec of the shipped class. */
  readonly spec?: Partial<ConnectorClassSpec>;
}

/** The class that is shipped under this name (`deploy/class-NAME.yaml`), as the API server would give it back. */
export function aConnectorClass(name = 'oci', options: ConnectorClassOptions = {}): ConnectorClass {
  const shipped = parse(readFileSync(join(workspaceRoot(), 'deploy', `class-${name}.yaml`), 'utf8')) as ConnectorClass;
  return {
    ...shipped,
    metadata: { uid: `uid-of-class-${name}`, resourceVersion: '1', generation: 1, ...shipped.metadata, ...options.metadata },
    spec: { ...shipped.spec, ...options.spec },
  };
}

/** The directory with `nx.json`, above this file, wherever it was built to. */
function workspaceRoot(): string {
  let directory = __dirname;
  while (!existsSync(join(directory, 'nx.json'))) {
    const parent = dirname(directory);
    if (parent === directory) throw new Error(`no workspace above ${__dirname}`);
    directory = parent;
  }
  return directory;
}
