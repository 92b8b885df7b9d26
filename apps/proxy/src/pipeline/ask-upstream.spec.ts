import { UpstreamConnectError } from '@oci-connector/egress';
import { BODY, GET, LOST, recover } from '../../test/recovery';
import { type UpstreamPlan } from '../protocols/protocol';

describe('AskUpstream', () => {
  describe('the connection is lost before an answer', () => {
    it.each(['GET', 'HEAD', 'DELETE'])('%s is sent a second time, and no third', async (method) => {
      expect(await recover([LOST, 200], { plan: { method } })).toMatchObject({
        status: 200,
        asked: [`${method} /thing`, `${method} /thing`],
      });
      await expect(recover([LOST, LOST], { plan: { method } })).rejects.toBe(LOST);
    });

    it.each<[string, Partial<UpstreamPlan>, Error]>([
      ['POST, which is not idempotent', { method: 'POST' }, LOST],
      ['PUT with a body', BODY, LOST],
      ['GET that was never connected', {}, new UpstreamConnectError('ConnectionRefused', 'no', { host: 'r.example' })],
    ])('%s is sent once', async (_, plan, error) => {
      await expect(recover([error], { plan })).rejects.toBe(error);
    });
  });

  describe('429 that is over in two seconds, to a read', () => {
    it('is waited for once', async () => {
      expect(await recover([[429, { 'retry-after': '2' }], 200])).toMatchObject({ status: 200, waits: [2_000] });
      expect(
        await recover([
          [429, { 'retry-after': '1' }],
          [429, { 'retry-after': '1' }],
        ]),
      ).toMatchObject({ status: 429, waits: [1_000] });
    });

    it.each<[string, Partial<UpstreamPlan>, string | undefined]>([
      ['a longer one', {}, '3'],
      ['one without a time', {}, undefined],
      ['one to a write', { method: 'PUT', action: 'push' }, '1'],
    ])('%s is passed on', async (_, plan, after) => {
      expect(await recover([[429, { 'retry-after': after }]], { plan })).toMatchObject({ status: 429, waits: [] });
    });
  });

  it('a redirect of a read', async () => {
    expect(await recover([[307, { location: 'https://store.example/x' }], 200])).toMatchObject({
      status: 200,
      asked: [GET, 'GET https://store.example/x'],
    });
    expect(await recover([[307, { location: 'https://store.example/x' }]], { plan: { followRedirects: false } })).toMatchObject({
      status: 307,
    });
  });
});
