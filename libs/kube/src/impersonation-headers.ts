import { type Impersonation } from './kube-connection';

/** The characters that Go allows in the name of a header, without `%`, which begins an escape. */
const PLAIN = /^[!#$&'*+\-.^_`|~0-9A-Za-z]$/;

/** Returns the headers of client-go (transport/round_trippers.go): several values become several headers, names of extras are escaped. */
export function impersonationHeaders({ user, uid, groups = [], extra = {} }: Impersonation): Record<string, string | string[]> {
  const extras = Object.entries(extra).map(([key, values]) => [`impersonate-extra-${escapeHeaderName(key)}`, [...values]] as const);
  return {
    'impersonate-user': user,
    ...(uid !== undefined && { 'impersonate-uid': uid }),
    ...(groups.length > 0 && { 'impersonate-group': [...groups] }),
    ...Object.fromEntries(extras),
  };
}

function escapeHeaderName(name: string): string {
  const bytes = [...Buffer.from(name)].map((byte) => {
    const character = String.fromCharCode(byte);
    return PLAIN.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  });
  return bytes.join('');
}
