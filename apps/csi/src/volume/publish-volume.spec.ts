import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { TestCertificateAuthority } from '@oci-connector/testing-kit';
import { publishMessage, tokenOf, VolumeNode } from '../../test/volume-node';
import { type VolumeError } from '../csi.errors';
import { type VolumeState } from './inspect-volume';
import { type PublishResult } from './publish-volume';
import { DATA_LINK, VolumeDirectory } from './volume-directory';

/** What happened to a target before the call, and its state then. Volumes are mounts, as on Linux, unless `mountless` is set. */
interface Past {
  readonly state: VolumeState;
  readonly mountless?: true;
  readonly happened: (node: VolumeNode) => Promise<void> | void;
}

const PASTS: Readonly<Record<string, Past>> = {
  'no directory': { state: 'absent', happened: () => undefined },
  'a directory': { state: 'absent', happened: ({ target }) => mkdirSync(target) },
  'a volume of files that was never published': { state: 'absent', mountless: true, happened: ({ target }) => mkdirSync(target) },
  'a mount of another program': {
    state: 'foreign',
    happened: ({ target, mounter }) => {
      mkdirSync(target);
      mounter.foreign.add(target);
    },
  },
  "a volume of the kubelet's own, which also has a link to its files": {
    state: 'foreign',
    happened: ({ target, mounter }) => {
      mkdirSync(target);
      new VolumeDirectory(target, { size: 1024 * 1024, now: Date.now }).write(new Map([['theirs', '1']]));
      mounter.foreign.add(target);
    },
  },
  'a mount without files, of a driver that ended before it wrote them': {
    state: 'empty',
    happened: ({ target, mounter }) => {
      mkdirSync(target);
      mounter.ours.add(target);
    },
  },
  'a mount whose first files are half written': {
    state: 'empty',
    happened: ({ target, mounter }) => {
      mkdirSync(path.join(target, '..2030_half'), { recursive: true });
      writeFileSync(path.join(target, '..2030_half', 'context.token'), 'half');
      mounter.ours.add(target);
    },
  },
  'a volume of this driver': { state: 'published', happened: (node) => node.publishedBefore() },
  'a volume of an earlier driver, not adopted': {
    state: 'published',
    happened: async (node) => {
      await node.publishedBefore();
      node.restart();
    },
  },
  'a volume that the driver adopted': {
    state: 'published',
    happened: async (node) => {
      await node.publishedBefore();
      node.restart();
      node.volumes.add(node.target);
    },
  },
  'a volume that was emptied': {
    state: 'published',
    happened: async (node) => {
      await node.publishedBefore();
      node.restart();
      node.volumes.add(node.target);
      node.emptied();
    },
  },
  'a volume of files that was emptied': {
    state: 'published',
    mountless: true,
    happened: async (node) => {
      await node.publishedBefore();
      node.restart();
      node.volumes.add(node.target);
      node.emptied();
    },
  },
  'a volume that was unmounted': {
    state: 'lost',
    happened: async (node) => {
      await node.publishedBefore();
      node.emptied();
      node.mounter.ours.delete(node.target);
    },
  },
};

/** The requests of the kubelet, and whether the pod has the permission. */
const REQUESTS = {
  'the first token again': { request: publishMessage(1), isAllowed: true },
  'a fresh token': { request: publishMessage(2), isAllowed: true },
  'invalid attributes': { request: publishMessage(2, { connectors: '' }), isAllowed: true },
  'a pod without permission': { request: publishMessage(2), isAllowed: false },
};

type RequestName = keyof typeof REQUESTS;

/** The outcome and the codes of the problems, or the code of the error; and the token that the pod reads afterwards. */
type Expected = readonly [ending: string, token: 'none' | 'the first' | 'the fresh'];

const NEW: Readonly<Record<RequestName, Expected>> = {
  'the first token again': ['published', 'the first'],
  'a fresh token': ['published', 'the fresh'],
  'invalid attributes': ['AttributesInvalid', 'none'],
  'a pod without permission': ['AccessDenied', 'none'],
};
const KEPT: Readonly<Record<RequestName, Expected>> = {
  'the first token again': ['unchanged', 'the first'],
  'a fresh token': ['swapped', 'the fresh'],
  'invalid attributes': ['kept: AttributesInvalid', 'the first'],
  'a pod without permission': ['swapped: AccessDenied', 'the fresh'],
};
const EXPECTED: Readonly<Record<VolumeState, Readonly<Record<RequestName, Expected>>>> = {
  absent: NEW,
  empty: NEW,
  published: KEPT,
  foreign: always('TargetRefused', 'none'),
  lost: always('kept: Unmounted', 'none'),
};
/** The files are gone, but their inputs are stored outside the volume. */
const EMPTIED: Readonly<Record<RequestName, Expected>> = {
  ...KEPT,
  'the first token again': ['swapped', 'the first'],
  'invalid attributes': ['kept: AttributesInvalid', 'none'],
};

function always(...expected: Expected): Readonly<Record<RequestName, Expected>> {
  return {
    'the first token again': expected,
    'a fresh token': expected,
    'invalid attributes': expected,
    'a pod without permission': expected,
  };
}

describe('publishing a volume, by the state of its target', () => {
  let node: VolumeNode;
  let caCertificates: string;

  beforeAll(async () => {
    caCertificates = (await TestCertificateAuthority.create()).caPem;
  });

  afterEach(() => rmSync(node.root, { recursive: true }));

  const endOf = (publishing: Promise<PublishResult>): Promise<string> =>
    publishing.then(
      ({ outcome, problems }) => [outcome, ...problems.map((problem) => (problem as VolumeError).code)].join(': '),
      (error: unknown) => (error as VolumeError).code,
    );

  describe.each(Object.entries(PASTS))('%s', (past, { state, mountless, happened }) => {
    beforeEach(async () => {
      node = new VolumeNode(mountless === undefined, caCertificates);
      await happened(node);
    });

    it(`is ${state}`, async () => {
      expect(await node.state).toBe(state);
    });

    it.each(Object.keys(REQUESTS) as RequestName[])('%s', async (name) => {
      const { request, isAllowed } = REQUESTS[name];
      const [ending, token] = (past.endsWith('emptied') ? EMPTIED : EXPECTED[state])[name];
      const before = node.everything;
      node.isAllowed = isAllowed;
      expect(await endOf(node.publish(request))).toBe(ending);
      const tokens = { none: undefined, 'the first': tokenOf(publishMessage(1)), 'the fresh': tokenOf(publishMessage(2)) };
      expect(node.files['context.token']).toBe(tokens[token]);
      if (token === 'none') {
        // Where there is no volume of the driver, it writes and removes nothing.
        expect(node.everything).toEqual(before);
      } else {
        expect(node.files).toMatchObject({ 'static.conf': 'first' });
        expect(node.everything).toContain(DATA_LINK);
        expect(await node.state).toBe('published');
      }
    });
  });

  it('sends no review for a repeated request', async () => {
    node = new VolumeNode(true, caCertificates);
    await node.publishedBefore();
    await node.publish(publishMessage(1));
    expect(node.reviews).toBe(0);
    await node.publish(publishMessage(2));
    expect(node.reviews).toBe(1);
  });
});
