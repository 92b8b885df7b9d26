import { UpstreamConnectError } from '@oci-connector/egress';
import { BODY, GET, LOST, recover } from '../../test/recovery';
import { type UpstreamPlan } from '../protocols/protocol';

describe('AskUpstream', () => {
  describe('the connection is lost before a response', () => {
    it.each(['GET', 'HEAD', 'DELETE'])('sends %s a second time, but not a third time', async (method) => {
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
    ])('sends %s once', async (_, plan, error) => {
      await expect(recover([error], { plan })).rejects.toBe(error);
    });
  });

  describe('a read gets 429 with Retry-After of at most two seconds', () => {
    it('waits and retries once', async () => {
      expect(await recover([[429, { 'retry-after': '2' }], 200])).toMatchObject({ status: 200, waits: [2_000] });
      expect(
        await recover([
          [429, { 'retry-after': '1' }],
          [429, { 'retry-after': '1' }],
        ]),
      ).toMatchObject({ status: 429, waits: [1_000] });
    });

    it.each<[string, Partial<UpstreamPlan>, string | undefined]>([
      ['with a longer Retry-After', {}, '3'],
      ['without Retry-After', {}, undefined],
      ['in response to a write', { method: 'PUT', action: 'push' }, '1'],
    ])('forwards a 429 %s', async (_, plan, after) => {
      expect(await recover([[429, { 'retry-after': after }]], { plan })).toMatchObject({ status: 429, waits: [] });
    });
  });

  it('a read is redirected', async () => {
    expect(await recover([[307, { location: 'https://store.example/x' }], 200])).toMatchObject({
      status: 200,
      asked: [GET, 'GET https://store.example/x'],
    });
    expect(await recover([[307, { location: 'https://store.example/x' }]], { plan: { followRedirects: false } })).toMatchObject({
      status: 307,
    });
  });
});
