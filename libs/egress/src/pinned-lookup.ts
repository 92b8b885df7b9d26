import { type LookupFunction } from 'node:net';
import { type EgressPolicy, type EgressPurpose } from './egress-policy';

/**
 * A resolver for sockets: what the policy allows for the purpose, once per connection, and dialled without asking again. Node asks
 * it nothing about an address that stands in a URL; whoever dials has to ask the policy about that.
 */
export function pinnedLookup(policy: EgressPolicy, purpose: EgressPurpose): LookupFunction {
  return (hostname, options, callback) => {
    policy.resolve(hostname, 0, purpose).then(
      (addresses) => {
        const wanted = addresses.filter(({ family }) => options.family === family || !options.family);
        const [first] = wanted;
        if (options.all) {
          callback(null, [...wanted]);
        } else {
          callback(null, first?.address ?? '', first?.family);
        }
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    );
  };
}
