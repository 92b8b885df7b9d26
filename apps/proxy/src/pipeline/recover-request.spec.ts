import { readFileSync } from 'node:fs';
import path from 'node:path';
import { OciAuthError } from '@oci-connector/oci-auth';
import { type Answer, BODY, EMPTY, GET, MOUNT, NONE, recover, WIDER } from '../../test/recovery';

/** The specs by the third column of the table. */
const SPECS: Readonly<Record<string, string>> = {
  '': 'recover-request.spec.ts',
  AskUpstream: 'ask-upstream.spec.ts',
  ObtainAuthorization: 'obtain-authorization.spec.ts',
  explainRefusal: 'explain-refusal.spec.ts',
};

const read = (file: string): string => readFileSync(path.join(__dirname, file), 'utf8');

describe('RecoverRequest', () => {
  it('has a test for each row of its table, with the same name, in the spec of the class or function that handles the row', () => {
    const rows = [...read('recover-request.ts').matchAll(/^ \* \| (.+?) +\|.+\| ?(\w*) +\|$/gm)].slice(1);
    expect(rows.length).toBeGreaterThan(10);
    const missing = rows.filter(([, what = '', by = '']) => !read(SPECS[by] ?? '').includes(`('${what}`));
    expect(missing.map(([row]) => row)).toEqual([]);
  });

  describe('anonymous reads work, and a body is to be sent', () => {
    const given = { plan: { ...BODY, method: 'GET', emptyWrite: EMPTY }, authorization: NONE };

    it.each<[Answer, readonly string[]]>([
      [202, ['open', 'succeeded']],
      [404, ['open', 'succeeded']],
      [413, ['succeeded']],
      [401, ['renew', 'succeeded']],
    ])('sends an empty write, which gets %s', async (answer, said) => {
      const plan = { ...given.plan, method: 'DELETE', replayable: true };
      expect(await recover([answer, 201], { ...given, plan }, { learns: true })).toMatchObject({
        status: 201,
        asked: ['PATCH /empty', 'DELETE /thing'],
        said,
      });
    });

    it('sends no empty write when the authorisation of writes is known', async () => {
      expect((await recover([200], given)).asked).toEqual([GET]);
    });
  });

  describe('the authorisation is refused, no body', () => {
    it.each<[string, Answer]>([
      ['401', 401],
      ['403 that requires a wider token', WIDER],
    ])('tries another once after %s', async (_, refusal) => {
      expect(await recover([refusal, 200])).toMatchObject({ status: 200, asked: [GET, GET], said: ['renew'] });
      expect(await recover([refusal, refusal])).toMatchObject({ refusal: 'AccessRefused: the words', said: ['renew', 'refused'] });
    });

    it('returns the refusal when there is no other', async () => {
      const another = new OciAuthError('CredentialRefused', 'no');
      expect(await recover([401], {}, { another })).toMatchObject({ refusal: 'CredentialRefused: the words', said: ['renew'] });
    });

    it('throws the error of a token server that fails', async () => {
      const another = new OciAuthError('TokenEndpointUnreachable', 'down');
      await expect(recover([401], {}, { another })).rejects.toBe(another);
    });

    it('does not retry a plain 403 or a 404 for HEAD', async () => {
      expect(await recover([403])).toMatchObject({ status: 403, said: [] });
      expect(await recover([404], { plan: { method: 'HEAD' } })).toMatchObject({ status: 404, asked: ['HEAD /thing'], said: [] });
    });
  });

  describe('the authorisation is refused after a body', () => {
    // A GET that is not replayable: this test sends no body.
    const body = { plan: { ...BODY, method: 'GET', emptyWrite: EMPTY } };

    it('asks the client to retry when the registry accepts an empty write', async () => {
      await expect(recover([401, 202], body)).rejects.toMatchObject({ code: 'UpstreamUnauthorizedAfterBody', retryAfterSeconds: 1 });
    });

    it('returns the refusal when the registry refuses an empty write too', async () => {
      expect(await recover([401, 401], body)).toMatchObject({
        status: 401,
        refusal: 'AccessRefused: the words',
        asked: [GET, 'PATCH /empty'],
      });
    });
  });

  describe('a mount gets 4xx other than 429', () => {
    it.each([400, 401, 403, 404, 405])('retries without the mount after %s', async (status) => {
      expect(await recover([status, 202], { plan: MOUNT })).toMatchObject({
        status: 202,
        asked: ['POST /thing', 'POST /plain'],
        said: ['obtain', 'succeeded'],
      });
    });

    it('first retries the mount when the response teaches how to log in', async () => {
      const given = { plan: MOUNT, authorization: NONE };
      expect(await recover([401, 201], given)).toMatchObject({
        status: 201,
        asked: ['POST /thing', 'POST /thing'],
        said: ['renew', 'succeeded'],
      });
      expect(await recover([401, 404, 202], given)).toMatchObject({ status: 202, asked: ['POST /thing', 'POST /thing', 'POST /plain'] });
    });

    it.each([201, 202, 429, 500])('does not retry after %s', async (status) => {
      expect((await recover([status], { plan: MOUNT })).status).toBe(status);
    });
  });
});
