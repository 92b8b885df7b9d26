import { OciAuthError } from '@oci-connector/oci-auth';
import { exchangeOf } from '../../test/recovery';
import { explainRefusal } from './explain-refusal';

describe('explainRefusal', () => {
  it('a look before a push is refused', async () => {
    const refused = new OciAuthError('AccessRefused', 'no');
    const look = { plan: { method: 'HEAD', precedesPush: true, repository: 'a' } };
    expect(await explainRefusal(exchangeOf(look), refused)).toMatchObject({ code: 'PullRefused', status: 404 });
    expect(await explainRefusal(exchangeOf({ ...look, may: false }), refused)).toBe(refused);
    expect(await explainRefusal(exchangeOf(), refused)).toBe(refused);
    const outage = new OciAuthError('TokenEndpointUnreachable', 'away');
    expect(await explainRefusal(exchangeOf(look), outage)).toBe(outage);
  });
});
