/** What the pod of a client pushes. */
export interface Example {
  readonly pushes: string;
  /** The very image that it pulls, or something new, of which it prints the digest. */
  readonly is: 'the same' | 'new';
}

/** The pods of the documentation that are run: those whose client is in an image of ours. */
export const EXAMPLES: Readonly<Record<string, Example>> = {
  crane: { pushes: 'alpine:3.22', is: 'the same' },
  skopeo: { pushes: 'alpine:3.22', is: 'the same' },
  oras: { pushes: 'hello:v1', is: 'new' },
};
