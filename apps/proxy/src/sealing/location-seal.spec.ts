import * as fc from 'fast-check';
import { type UpstreamPlace } from '../upstream/upstream-place';
import { deriveSealingKey, type KeyRing, type SealingKey } from './key-ring';
import { LocationSeal, type SealBinding } from './location-seal';

function keyOf(fill: number): SealingKey {
  const key = deriveSealingKey(Buffer.alloc(32, fill));
  if (key === undefined) {
    throw new Error('no key');
  }
  return key;
}

function ring(...keys: SealingKey[]): KeyRing {
  return { current: () => keys[0], find: (id) => Promise.resolve(keys.find((key) => key.id === id)) };
}

const DAY = 24 * 60 * 60 * 1_000;
const PLACE: UpstreamPlace = { origin: 'https://bucket.example:8443', path: '/a//b%2Fc?X-Sig=a+b%20&empty&=' };
const BINDING: SealBinding = {
  connectorUid: 'connector-uid',
  repository: 'team/app',
  client: { namespace: 'ci', name: 'builder', uid: 'account-uid' },
};

const clock = { now: () => 1_700_000_000_000 };
const UNKNOWN = expect.objectContaining({ code: 'UploadUnknown', status: 404, ociCode: 'BLOB_UPLOAD_UNKNOWN' }) as Error;

const bindings = fc.record({
  connectorUid: fc.string(),
  repository: fc.string(),
  client: fc.record({ namespace: fc.string(), name: fc.string(), uid: fc.string() }),
});
const paths = fc.stringMatching(/^\/[!-~]{0,200}$/);

describe('LocationSeal', () => {
  it('opens every place byte for byte, and seals in characters that no client escapes', async () => {
    const seal = new LocationSeal(ring(keyOf(1)), clock);
    await fc.assert(
      fc.asyncProperty(paths, bindings, async (path, binding) => {
        const segment = seal.seal({ origin: 'http://[::1]:5000', path }, binding);
        expect(segment).toMatch(/^sealed\.[A-Za-z0-9_-]{8}\.[A-Za-z0-9_-]+$/);
        expect(encodeURIComponent(segment)).toBe(segment);
        expect(await seal.open(segment, binding)).toEqual({ origin: 'http://[::1]:5000', path });
      }),
    );
  });

  it('never opens with another binding', async () => {
    const seal = new LocationSeal(ring(keyOf(1)), clock);
    await fc.assert(
      fc.asyncProperty(bindings, bindings, async (mine, yours) => {
        fc.pre(JSON.stringify(mine) !== JSON.stringify(yours));
        await expect(seal.open(seal.seal(PLACE, mine), yours)).rejects.toEqual(UNKNOWN);
      }),
    );
  });

  it.each<[string, SealBinding]>([
    ['another connector', { ...BINDING, connectorUid: 'other' }],
    ['a connector that was created again with the same name', { ...BINDING, connectorUid: 'connector-uid-2' }],
    ['another repository', { ...BINDING, repository: 'team/other' }],
    ['another ServiceAccount', { ...BINDING, client: { ...BINDING.client, name: 'other' } }],
    ['another namespace', { ...BINDING, client: { ...BINDING.client, namespace: 'other' } }],
    ['a ServiceAccount that was created again with the same name', { ...BINDING, client: { ...BINDING.client, uid: 'other' } }],
    ['different names with the same concatenation', { ...BINDING, client: { ...BINDING.client, namespace: 'cib', name: 'uilder' } }],
  ])('does not open for %s', async (_, other) => {
    const seal = new LocationSeal(ring(keyOf(1)), clock);
    await expect(seal.open(seal.seal(PLACE, BINDING), other)).rejects.toEqual(UNKNOWN);
  });

  it('does not open when any character was changed', async () => {
    const seal = new LocationSeal(ring(keyOf(1)), clock);
    const segment = seal.seal(PLACE, BINDING);
    await fc.assert(
      fc.asyncProperty(fc.nat(segment.length - 1), fc.constantFrom(...'Aa0-_.~'), async (index, character) => {
        const changed = segment.slice(0, index) + character + segment.slice(index + 1);
        fc.pre(changed !== segment);
        await expect(seal.open(changed, BINDING)).rejects.toEqual(UNKNOWN);
      }),
    );
  });

  it.each(['sealed.', 'sealed..', 'sealed.x.y', 'sealed.AAAAAAAA.', `sealed.AAAAAAAA.${'A'.repeat(25_000)}`, 'other', 'sealed.a.b.c'])(
    'does not open %.30s',
    async (segment) => {
      await expect(new LocationSeal(ring(keyOf(1)), clock).open(segment, BINDING)).rejects.toEqual(UNKNOWN);
    },
  );

  it('does not open a sealed location that is too short to contain a URL', async () => {
    const key = keyOf(1);
    const segment = `sealed.${key.id}.${Buffer.alloc(20).toString('base64url')}`;
    await expect(new LocationSeal(ring(key), clock).open(segment, BINDING)).rejects.toEqual(UNKNOWN);
  });

  it('opens for 24 hours', async () => {
    let now = 0;
    const seal = new LocationSeal(ring(keyOf(1)), { now: () => now });
    const segment = seal.seal(PLACE, BINDING);
    now = DAY - 1;
    expect(await seal.open(segment, BINDING)).toEqual(PLACE);
    now = DAY;
    await expect(seal.open(segment, BINDING)).rejects.toEqual(UNKNOWN);
  });

  it('opens on another replica, and with the previous key after a rotation, but not after two', async () => {
    const segment = new LocationSeal(ring(keyOf(1)), clock).seal(PLACE, BINDING);
    expect(await new LocationSeal(ring(keyOf(1)), clock).open(segment, BINDING)).toEqual(PLACE);
    expect(await new LocationSeal(ring(keyOf(2), keyOf(1)), clock).open(segment, BINDING)).toEqual(PLACE);
    await expect(new LocationSeal(ring(keyOf(3), keyOf(2)), clock).open(segment, BINDING)).rejects.toEqual(UNKNOWN);
  });

  it('reveals no part of the URL, and seals the same URL differently each time', () => {
    const seal = new LocationSeal(ring(keyOf(1)), clock);
    const segments = [seal.seal(PLACE, BINDING), seal.seal(PLACE, BINDING)];
    expect(segments[0]).not.toBe(segments[1]);
    const bytes = Buffer.from(segments[0]?.split('.')[2] ?? '', 'base64url').toString('latin1');
    expect(bytes).not.toContain('bucket');
  });

  it('refuses a location that is too long for a request line', () => {
    const seal = new LocationSeal(ring(keyOf(1)), clock);
    const place = { origin: 'https://bucket.example', path: `/${'a'.repeat(16_384)}` };
    expect(() => seal.seal(place, BINDING)).toThrow(expect.objectContaining({ code: 'UpstreamInvalid', status: 502 }) as Error);
  });

  it('seals and opens locations longer than 4,096 characters, such as those signed with a session token', async () => {
    const seal = new LocationSeal(ring(keyOf(1)), clock);
    for (const length of [4_097, 8_192, 16_384]) {
      const place = { origin: 'https://bucket.example', path: `/${'a'.repeat(length - 'https://bucket.example/'.length)}` };
      const segment = seal.seal(place, BINDING);
      expect(segment.length).toBeLessThan(24 * 1024);
      expect(await seal.open(segment, BINDING)).toEqual(place);
    }
  });

  it('opens the next page of a list only for that list, and never as an upload', async () => {
    const seal = new LocationSeal(ring(keyOf(1)), clock);
    const tags = { ...BINDING, list: 'tags/list' };
    const segment = seal.seal(PLACE, tags);
    expect(await seal.open(segment, tags)).toEqual(PLACE);
    await expect(seal.open(segment, BINDING)).rejects.toEqual(UNKNOWN);
    // Not 404: after 404 clients continue without the rest of the list.
    const gone = expect.objectContaining({ code: 'ListPlaceUnknown', status: 410 }) as Error;
    await expect(seal.open(segment, { ...BINDING, list: 'referrers/sha256:a' })).rejects.toEqual(gone);
    await expect(seal.open(seal.seal(PLACE, BINDING), tags)).rejects.toEqual(gone);
  });

  it('rejects sealing before the first key has been read', () => {
    expect(() => new LocationSeal(ring(), clock).seal(PLACE, BINDING)).toThrow(expect.objectContaining({ status: 503 }) as Error);
  });
});

describe('deriveSealingKey', () => {
  it('accepts only a secret of 32 bytes', () => {
    expect(deriveSealingKey(Buffer.alloc(31))).toBeUndefined();
    expect(deriveSealingKey(Buffer.alloc(33))).toBeUndefined();
  });

  it('derives the same key and id from the same secret, and neither contains the other or the secret', () => {
    const secret = Buffer.alloc(32, 7);
    const key = deriveSealingKey(secret);
    expect(key).toEqual(deriveSealingKey(Buffer.alloc(32, 7)));
    expect(key?.key.equals(secret)).toBe(false);
    expect(key?.key.toString('base64url')).not.toContain(key?.id);
    expect(deriveSealingKey(Buffer.alloc(32, 8))?.id).not.toBe(key?.id);
  });
});
