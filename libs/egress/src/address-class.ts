import { type AddressBytes, inOneOf, inRange, parseAddressRange } from './ip-address';

/** The kind of network that an address belongs to. */
export type AddressClass =
  /** Reachable from anywhere. */
  | 'public'
  /** Inside a private network. */
  | 'private'
  /** This machine, this link, a metadata service, a multicast group, or no host. */
  | 'forbidden';

/** IANA's IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890), and metadata services in other ranges. */
const FORBIDDEN = [
  '0.0.0.0/8', // "this network"; 0.0.0.0 reaches the loopback
  '127.0.0.0/8', // loopback
  '169.254.0.0/16', // link-local; metadata of most clouds at 169.254.169.254, task credentials at 169.254.170.2
  '192.0.0.0/24', // protocol assignments; Oracle's metadata at 192.0.0.192
  '192.0.2.0/24', // documentation
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '192.88.99.0/24', // 6to4 relays, deprecated
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, and broadcast
  '100.100.100.200/32', // metadata of Alibaba Cloud, within the shared range
  '168.63.129.16/32', // Azure's host agent: a public address that never leaves the host
  'fd00:ec2::/32', // metadata of AWS at fd00:ec2::254, and its other link services
  'fd20:ce::/32', // metadata of Google Cloud at fd20:ce::254
  '2001::/23', // protocol assignments; Teredo (2001::/32) embeds an IPv4 address
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4 embeds an IPv4 address; deprecated
  '3fff::/20', // documentation
].map(parseAddressRange);

const PRIVATE = [
  '10.0.0.0/8', // RFC 1918
  '172.16.0.0/12', // RFC 1918
  '192.168.0.0/16', // RFC 1918
  '100.64.0.0/10', // shared by carriers (RFC 6598), and by cluster networks
  '198.18.0.0/15', // benchmarks (RFC 2544), and some cluster networks
  'fc00::/7', // unique local (RFC 4193)
].map(parseAddressRange);

/**
 * An IPv6 address that is neither global unicast nor unique local is not a valid host: loopback, unspecified, IPv4-compatible,
 * link-local, site-local, multicast, discard, local NAT64 (64:ff9b:1::/48), segment routing, or unassigned.
 */
const GLOBAL_UNICAST = parseAddressRange('2000::/3');

/** IPv6 ranges whose addresses a host or the network translates to the IPv4 address that they contain. That address is checked. */
const IPV4_CARRIERS = [
  '::ffff:0:0/96', // IPv4-mapped (RFC 4291 §2.5.5.2)
  '64:ff9b::/96', // NAT64 (RFC 6052); DNS64 gives these for every IPv4-only registry in an IPv6-only cluster
].map(parseAddressRange);

/** Returns the IPv4 address that an IPv6 address contains, else the address itself. */
export function unwrap(bytes: AddressBytes): AddressBytes {
  return inOneOf(IPV4_CARRIERS, bytes) ? bytes.subarray(12) : bytes;
}

/** Returns the class of an address. The address must be {@link unwrap}ped. */
export function classifyAddress(bytes: AddressBytes): AddressClass {
  if (inOneOf(FORBIDDEN, bytes)) {
    return 'forbidden';
  }
  if (inOneOf(PRIVATE, bytes)) {
    return 'private';
  }
  if (bytes.length === 16 && !inRange(bytes, GLOBAL_UNICAST)) {
    return 'forbidden';
  }
  return 'public';
}
