/** What the pod of a client pushes. */
export interface Example {
  readonly pushes: string;
  /** The very image that it pulls, one whose first layers are those of what it pulls, or something new, of which it prints the digest. */
  readonly is: 'the same' | 'built on the same' | 'new';
}

/** The pods of the documentation that are run: those whose client is in an image of ours. docs/clients.md names the others. */
export const EXAMPLES: Readonly<Record<string, Example>> = {
  crane: { pushes: 'alpine:3.22', is: 'the same' },
  regctl: { pushes: 'alpine:3.22', is: 'the same' },
  skopeo: { pushes: 'alpine:3.22', is: 'the same' },
  oras: { pushes: 'hello:v1', is: 'new' },
  helm: { pushes: 'hello:0.1.0', is: 'new' },
  // These unpack what they pull, and pack it again.
  podman: { pushes: 'alpine:3.22', is: 'built on the same' },
  docker: { pushes: 'alpine:3.22', is: 'built on the same' },
  buildah: { pushes: 'hello:v1', is: 'built on the same' },
};
