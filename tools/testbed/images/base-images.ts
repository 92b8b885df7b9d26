import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { armFiles, toolPath } from '../toolchain';
import { addProgram, packLayer, pushLayers, type Architecture, type Layer } from './image-layer';

/** The base images of the product's images, in a registry of the testbed. */
export interface BaseImages {
  /** With the paths of distroless images. */
  readonly node: string;
  readonly busybox: string;
}

/** Where the base image has Node.js. */
export const NODE_IN_BASE = 'nodejs/bin/node';

/** Builds and pushes images that stand for the public base images of deploy/Dockerfile. Runs nothing of them. */
export async function pushProductBases(directory: string, registry: string, architectures: Architectures): Promise<BaseImages> {
  const bases = { node: `${registry}/node:24`, busybox: `${registry}/busybox-static:1` };
  await Promise.all([
    pushBase({ directory: path.join(directory, 'node'), reference: bases.node, architectures, furnish: furnishNode }),
    pushBase({ directory: path.join(directory, 'busybox'), reference: bases.busybox, architectures, furnish: furnishBusybox }),
  ]);
  return bases;
}

export type Architectures = readonly [Architecture, ...Architecture[]];

interface Base {
  readonly directory: string;
  readonly reference: string;
  readonly architectures: Architectures;
  /** Adds the files to a root file system. */
  readonly furnish: (root: string, architecture: Architecture) => Promise<void>;
}

async function pushBase({ directory, reference, architectures, furnish }: Base): Promise<void> {
  const pack = async (architecture: Architecture): Promise<Layer> => {
    const root = path.join(directory, architecture);
    await furnish(root, architecture);
    return packLayer(root, path.join(directory, 'layout'), architecture);
  };
  const [first, ...others] = architectures;
  // One entry point, as distroless images have, which the product's images replace.
  await pushLayers([await pack(first), ...(await Promise.all(others.map(pack)))], reference, {
    Entrypoint: ['/nodejs/bin/node'],
    User: '65532',
  });
}

async function furnishNode(root: string, architecture: Architecture): Promise<void> {
  if (architecture === 'amd64') {
    await addProgram(root, toolPath('node24'), NODE_IN_BASE);
  } else {
    await cp(armFiles.libraries, root, { recursive: true, verbatimSymlinks: true });
    await mkdir(path.dirname(path.join(root, NODE_IN_BASE)), { recursive: true });
    await cp(armFiles.node, path.join(root, NODE_IN_BASE));
  }
  await mkdir(path.join(root, 'etc/ssl/certs'), { recursive: true });
  await cp('/etc/ssl/certs/ca-certificates.crt', path.join(root, 'etc/ssl/certs/ca-certificates.crt'));
  await writeFile(path.join(root, 'etc/passwd'), 'root:x:0:0:root:/:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/:/sbin/nologin\n');
  await writeFile(path.join(root, 'etc/group'), 'root:x:0:\nnonroot:x:65532:\n');
}

async function furnishBusybox(root: string, architecture: Architecture): Promise<void> {
  await mkdir(path.join(root, 'bin'), { recursive: true });
  await cp(architecture === 'amd64' ? toolPath('busybox') : armFiles.busybox, path.join(root, 'bin/busybox'));
}
