import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { type WallClock } from '@oci-connector/clock';
import { SEALING_PERIOD_MS } from '@oci-connector/connector-api';
import { ProxyError } from '../proxy.errors';
import { MAX_REFERENCE_LENGTH } from '../upstream/upstream-place';
import { type KeyRing, type SealingKey } from './key-ring';

/** For whom and for what a location is sealed. Nobody else can open it, and nowhere else. */
export interface SealBinding {
  readonly connectorUid: string;
  /** The repository as the registry knows it. */
  readonly repository: string;
  /** The ServiceAccount. Not its token, which rotates during an upload. */
  readonly client: { readonly namespace: string; readonly name: string; readonly uid: string };
  /** The list that goes on there, such as `tags/list`; absent: an upload. */
  readonly list?: string;
}

/** The place that a sealed location leads to. */
export interface SealedPlace {
  /** scheme://host[:port] */
  readonly origin: string;
  /** Raw path with its query, byte for byte as the registry gave it. */
  readonly path: string;
}

/** Begins the last path segment of a sealed location. An upload's own reference that begins so is sealed itself. */
export const SEALED_PREFIX = 'sealed.';

/**
 * Longest URL that is sealed, in characters, as long as the longest that is read. Pre-signed S3 URLs with a session token reach some
 * 4 KiB. Sealed, 16 KiB become less than 24, which fits the 64 KiB of our own listeners.
 */
const MAX_URL_LENGTH = MAX_REFERENCE_LENGTH;

/** NIST SP 800-38D §8.2.2: 96 random bits; with one key a day, far from 2^32 seals per key. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** The time of expiry in seconds since the epoch, before the URL. */
const EXPIRY_BYTES = 6;

/** Longest sealed location, in characters. */
export const MAX_SEALED_LENGTH = 24 * 1024;

const SEALED = /^sealed\.([A-Za-z0-9_-]{1,32})\.([A-Za-z0-9_-]+)$/;

/**
 * Seals locations of uploads and lists that cannot be mapped onto a path of ours, so that the client carries them and any replica can
 * serve the next request, also after a restart. AES-256-GCM: the client can neither read nor change what it carries (the
 * URL may be pre-signed, that is, a credential), and the binding is authenticated with it.
 */
export class LocationSeal {
  constructor(
    private readonly keys: KeyRing,
    private readonly clock: WallClock,
  ) {}

  /**
   * @returns one path segment of `[A-Za-z0-9._-]`, which no client escapes or re-encodes
   * @throws ProxyError UpstreamInvalid for a URL that is too long, ReviewUnavailable while there is no key
   */
  seal(place: SealedPlace, binding: SealBinding): string {
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
   * @param segment as {@link LocationSeal.seal} gave it
   * @throws ProxyError UploadUnknown, for a list ListPlaceUnknown; the same whatever is wrong with it
   */
  async open(segment: string, binding: SealBinding): Promise<SealedPlace> {
    const [, id = '', body = ''] = segment.length <= MAX_SEALED_LENGTH ? (SEALED.exec(segment) ?? []) : [];
    const key = id === '' ? undefined : await this.keys.find(id);
    const sealed = Buffer.from(body, 'base64url');
    // One location, one spelling: base64 decoders ignore the last bits.
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

/** JSON, because in a list of strings no part can run into the next. */
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
    // The one thing that final() throws for: the tag does not match.
    return undefined;
  }
  return plain;
}

/** Not by a URL parser: the path has to come out as it went in. */
function split(url: string): SealedPlace {
  const slash = url.indexOf('/', url.indexOf('://') + 3);
  return { origin: url.slice(0, slash), path: url.slice(slash) };
}
