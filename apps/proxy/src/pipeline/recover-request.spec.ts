import { readFileSync } from 'node:fs';
import path from 'node:path';
import { OciAuthError } from '@oci-connector/oci-auth';
import { type Answer, BODY, EMPTY, GET, MOUNT, NONE, recover, WIDER } from '../../test/recovery';

/** Specs of those who carry out a row of the table. */
const SPECS: Readonly<Record<string, string>> = {
  '': 'recover-request.spec.ts',
  AskUpstream: 'ask-upstream.spec.ts',
  ObtainAuthorization: 'obtain-authorization.spec.ts',
  explainRefusal: 'explain-refusal.spec.ts',
};

const read = (file: string): string => readFileSync(path.join(__dirname, file), 'utf8');

describe('RecoverRequest', () => {
  it('each row of its table has a test of the same name, in the spec of who carries it out', () => {
    const rows = [...read('recover-request.ts').matchAll(/^ \* \| (.+?) +\|.+\| ?(\w*) +\|$/gm)].slice(1);
    expect(rows.length).toBeGreaterThan(10);
    const missing = rows.filter(([, what = '', by = '']) => !read(SPECS[by] ?? '').includes(`('${what}`));
    expect(missing.map(([row]) => row)).toEqual([]);
  });

  describe('all may read, and a body is to be sent', () => {
    const given = { plan: { ...BODY, method: 'GET', emptyWrite: EMPTY }, authorization: NONE };

    it.each<[Answer, readonly string[]]>([
      [202, ['open', 'succeeded']],
      [404, ['open', 'succeeded']],
      [413, ['succeeded']],
      [401, ['renew', 'succeeded']],
    ])('an empty write that is answered %s', async (answer, said) => {
      const plan = { ...given.plan, method: 'DELETE', replayable: true };
      expect(await recover([answer, 201], { ...given, plan }, { learns: true })).toMatchObject({
        status: 201,
        asked: ['PATCH /empty', 'DELETE /thing'],
        said,
      });
    });

    it('is not written to where that is known', async () => {
      expect((await recover([200], given)).asked).toEqual([GET]);
    });
  });

  describe('the authorisation is refused, no body', () => {
    it.each<[string, Answer]>([
      ['401', 401],
      ['403 that asks for a wider token', WIDER],
    ])('%s: another is tried once', async (_, refusal) => {
      expect(await recover([refusal, 200])).toMatchObject({ status: 200, asked: [GET, GET], said: ['renew'] });
      expect(await recover([refusal, refusal])).toMatchObject({ refusal: 'AccessRefused: the words', said: ['renew', 'refused'] });
    });

    it('there is no other', async () => {
      const another = new OciAuthError('CredentialRefused', 'no');
      expect(await recover([401], {}, { another })).toMatchObject({ refusal: 'CredentialRefused: the words', said: ['renew'] });
    });

    it('the token server fails', async () => {
      const another = new OciAuthError('TokenEndpointUnreachable', 'away');
      await expect(recover([401], {}, { another })).rejects.toBe(another);
    });

    it('a plain 403, and a 404 to HEAD, are answers', async () => {
      expect(await recover([403])).toMatchObject({ status: 403, said: [] });
      expect(await recover([404], { plan: { method: 'HEAD' } })).toMatchObject({ status: 404, asked: ['HEAD /thing'], said: [] });
    });
  });

  describe('the authorisation is refused after a body', () => {
    // GET: no body is read here, and yet the plan cannot be sent twice.
    const body = { plan: { ...BODY, method: 'GET', emptyWrite: EMPTY } };

    it('503, send it again, when an empty write is let through', async () => {
      await expect(recover([401, 202], body)).rejects.toMatchObject({ code: 'UpstreamUnauthorizedAfterBody', retryAfterSeconds: 1 });
    });

    it('the refusal, when an empty write is refused as well', async () => {
      expect(await recover([401, 401], body)).toMatchObject({
        status: 401,
        refusal: 'AccessRefused: the words',
        asked: [GET, 'PATCH /empty'],
      });
    });
  });

  describe('4xx but 429 to a mount, whatever it says', () => {
    it.each([400, 401, 403, 404, 405])('%s: the same without the mount', async (status) => {
      expect(await recover([status, 202], { plan: MOUNT })).toMatchObject({
        status: 202,
        asked: ['POST /thing', 'POST /plain'],
        said: ['obtain', 'succeeded'],
      });
    });

    it('a login that is learnt with it is tried first', async () => {
      const given = { plan: MOUNT, authorization: NONE };
      expect(await recover([401, 201], given)).toMatchObject({
        status: 201,
        asked: ['POST /thing', 'POST /thing'],
        said: ['renew', 'succeeded'],
      });
      expect(await recover([401, 404, 202], given)).toMatchObject({ status: 202, asked: ['POST /thing', 'POST /thing', 'POST /plain'] });
    });

    it.each([201, 202, 429, 500])('%s is an answer', async (status) => {
      expect((await recover([status], { plan: MOUNT })).status).toBe(status);
    });
  });
});
