/** The image that the pod of a client pushes or signs. */
export interface Example {
  readonly pushes: string;
  /** The same image that it pulls, an image with the same first layers, a new image, whose digest the pod prints, or a signature of it. */
  readonly is: 'the same' | 'built on the same' | 'new' | 'signed';
}

/** The pods of the documentation that the testbed runs: those whose client it has as an image. docs/clients.md names the others. */
export const EXAMPLES: Readonly<Record<string, Example>> = {
  crane: { pushes: 'alpine:3.22', is: 'the same' },
  regctl: { pushes: 'alpine:3.22', is: 'the same' },
  skopeo: { pushes: 'alpine:3.22', is: 'the same' },
  oras: { pushes: 'hello:v1', is: 'new' },
  helm: { pushes: 'hello:0.1.0', is: 'new' },
  // These clients unpack the layers and compress them again.
  podman: { pushes: 'alpine:3.22', is: 'built on the same' },
  docker: { pushes: 'alpine:3.22', is: 'built on the same' },
  buildah: { pushes: 'hello:v1', is: 'built on the same' },
  buildkit: { pushes: 'hello:v1', is: 'built on the same' },
  cosign: { pushes: 'alpine:3.22', is: 'signed' },
};
