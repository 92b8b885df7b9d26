import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { type WallClock } from '@oci-connector/clock';
import { SEALING_PERIOD_MS } from '@oci-connector/connector-api';
import { ProxyError } from '../proxy.errors';
import { MAX_REFERENCE_LENGTH, type UpstreamPlace } from '../upstream/upstream-place';
import { type KeyRing, type SealingKey } from './key-ring';

/** The client and the purpose for which a location is sealed. It opens only with an equal binding. */
export interface SealBinding {
  readonly connectorUid: string;
  /** The repository as the registry knows it. */
  readonly repository: string;
  /** The ServiceAccount; not its token, which rotates during an upload. */
  readonly client: { readonly namespace: string; readonly name: string; readonly uid: string };
  /** The list whose next page is there, such as `tags/list`; absent for an upload. */
  readonly list?: string;
}

/** Prefix of the last path segment of a sealed location. A registry's own upload reference with this prefix is sealed, too. */
export const SEALED_PREFIX = 'sealed.';

/**
 * Longest URL that is sealed, in characters; equal to the longest that is read. Pre-signed S3 URLs with a session token reach about 4 KiB.
 * Sealing makes less than 24 KiB from 16 KiB, which fits into the 64 KiB that the proxy's listeners accept.
 */
const MAX_URL_LENGTH = MAX_REFERENCE_LENGTH;

/** 96 random bits (NIST SP 800-38D §8.2.2). With one key a day, the limit of 2^32 seals for a key is never reached. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Size of the time of expiry, which precedes the URL, in seconds since the epoch. */
const EXPIRY_BYTES = 6;

/** Longest sealed location, in characters. */
export const MAX_SEALED_LENGTH = 24 * 1024;

const SEALED = /^sealed\.([A-Za-z0-9_-]{1,32})\.([A-Za-z0-9_-]+)$/;

/**
 * Seals locations of uploads and lists that cannot be mapped to a path of the proxy. The client sends the sealed location with its next
 * request, so any replica can serve that request, also after a restart. AES-256-GCM: the client can neither read nor change the URL,
 * which may be pre-signed and therefore a credential. The binding is authenticated together with the URL.
 */
export class LocationSeal {
  constructor(
    private readonly keys: KeyRing,
    private readonly clock: WallClock,
  ) {}

  /**
   * @returns one path segment of `[A-Za-z0-9._-]`, which no client escapes or re-encodes
   * @throws ProxyError UpstreamInvalid when the URL is too long, ReviewUnavailable while there is no key
   */
  seal(place: UpstreamPlace, binding: SealBinding): string {
    const url = `${place.origin}${place.path}`;
    if (url.length > MAX_URL_LENGTH) {
      throw new ProxyError(
        'UpstreamInvalid',
        `the registry answered with a location that exceeds the limit of ${MAX_URL_LENGTH} characters`,
      );
    }
    const key = this.keys.current();
    if (key === undefined) {
      throw new ProxyError('ReviewUnavailable', 'the proxy has not received its sealing key yet; try again', { retryAfterSeconds: 5 });
    }
    const plain = Buffer.alloc(EXPIRY_BYTES + Buffer.byteLength(url));
    plain.writeUIntBE(Math.floor((this.clock.now() + SEALING_PERIOD_MS) / 1_000), 0, EXPIRY_BYTES);
    plain.write(url, EXPIRY_BYTES);
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key.key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(authenticated(key, binding));
    const sealed = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    return `${SEALED_PREFIX}${key.id}.${sealed.toString('base64url')}`;
  }

  /**
   * @param segment a result of {@link LocationSeal.seal}
   * @throws ProxyError UploadUnknown (for a list: ListPlaceUnknown) when the segment cannot be opened, with one message for all reasons
   */
  async open(segment: string, binding: SealBinding): Promise<UpstreamPlace> {
    const [, id = '', body = ''] = segment.length <= MAX_SEALED_LENGTH ? (SEALED.exec(segment) ?? []) : [];
    const key = id === '' ? undefined : await this.keys.find(id);
    const sealed = Buffer.from(body, 'base64url');
    // Accept only one spelling of a location: base64 decoders ignore the last bits.
    const plain = key && sealed.toString('base64url') === body ? decrypt(key, sealed, binding) : undefined;
    if (plain === undefined || plain.readUIntBE(0, EXPIRY_BYTES) <= this.clock.now() / 1_000) {
      throw unknownPlace(binding);
    }
    return split(plain.toString('utf8', EXPIRY_BYTES));
  }
}

function unknownPlace({ list }: SealBinding): ProxyError {
  const why = 'is not valid, has expired, or belongs to another client, connector or repository';
  if (list === undefined) {
    return new ProxyError('UploadUnknown', `this upload location ${why}; begin the upload again`);
  }
  return new ProxyError('ListPlaceUnknown', `this next page of ${list} ${why}; begin the list again`);
}

/** Encodes the binding as JSON, because the parts of a list of strings stay separate. */
function authenticated(key: SealingKey, { connectorUid, repository, client, list }: SealBinding): Buffer {
  const parts = ['v1', key.id, connectorUid, repository, client.namespace, client.name, client.uid];
  return Buffer.from(JSON.stringify(list === undefined ? parts : [...parts, list]));
}

function decrypt(key: SealingKey, sealed: Buffer, binding: SealBinding): Buffer | undefined {
  if (sealed.length <= NONCE_BYTES + EXPIRY_BYTES + TAG_BYTES) {
    return undefined;
  }
  const decipher = createDecipheriv('aes-256-gcm', key.key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(authenticated(key, binding));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const plain = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES));
  try {
    decipher.final();
  } catch {
    // final() throws only when the tag does not match.
    return undefined;
  }
  return plain;
}

/** Uses no URL parser, because the path must not change. */
function split(url: string): UpstreamPlace {
  const slash = url.indexOf('/', url.indexOf('://') + 3);
  return { origin: url.slice(0, slash), path: url.slice(slash) };
}
