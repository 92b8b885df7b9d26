import { OciAuthError } from '@oci-connector/oci-auth';
import { exchangeOf } from '../../test/recovery';
import { explainRefusal } from './explain-refusal';

describe('explainRefusal', () => {
  it('a HEAD before a push is refused', async () => {
    const refused = new OciAuthError('AccessRefused', 'no');
    const check = { plan: { method: 'HEAD', precedesPush: true, repository: 'a' } };
    expect(await explainRefusal(exchangeOf(check), refused)).toMatchObject({ code: 'PullRefused', status: 404 });
    expect(await explainRefusal(exchangeOf({ ...check, may: false }), refused)).toBe(refused);
    expect(await explainRefusal(exchangeOf(), refused)).toBe(refused);
    const outage = new OciAuthError('TokenEndpointUnreachable', 'down');
    expect(await explainRefusal(exchangeOf(check), outage)).toBe(outage);
  });
});
