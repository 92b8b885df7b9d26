import { Sensitive } from '@oci-connector/sensitive';
import { ManualClock } from '@oci-connector/testing-kit';
import { OciAuthError } from './oci-auth.errors';
import { RefusedCredentials } from './refused-credentials';

const JUDGE = { url: 'https://harbor.example/service/token', service: 'harbor-registry' };
const REFUSAL = new OciAuthError('CredentialRefused', 'no');
const admin = (password: string) => ({ username: 'admin', password: new Sensitive(password) });
const [RIGHT, WRONG] = [admin('right'), admin('wrong')];
const SECOND = 1_000;
const MINUTE = 60 * SECOND;

describe('RefusedCredentials', () => {
  let clock: ManualClock;
  let refusals: RefusedCredentials;
  beforeEach(() => {
    clock = new ManualClock();
    refusals = new RefusedCredentials(clock);
  });

  const isRefused = (credential: typeof RIGHT): boolean => {
    try {
      refusals.check(JUDGE, credential);
      return false;
    } catch (error) {
      if (error === REFUSAL) {
        return true;
      }
      throw error;
    }
  };

  it('keeps a refusal for 30 minutes, for that content alone', () => {
    refusals.refuse(JUDGE, WRONG, REFUSAL);
    clock.advance(30 * MINUTE - 1);
    expect([isRefused(WRONG), isRefused(RIGHT), isRefused(admin('another'))]).toEqual([true, false, false]);
    clock.advance(1);
    expect(isRefused(WRONG)).toBe(false);
  });

  it.each([
    ['before', [WRONG, RIGHT]],
    ['after', [RIGHT, WRONG]],
  ])('a refusal counts for ten seconds when another password of the same user is refused shortly %s it, in any order', (_when, order) => {
    for (const credential of order) {
      refusals.refuse(JUDGE, credential, REFUSAL);
    }
    expect([isRefused(RIGHT), isRefused(WRONG)]).toEqual([true, true]);
    clock.advance(10 * SECOND);
    expect([isRefused(RIGHT), isRefused(WRONG)]).toEqual([false, false]);
    // Now only the wrong password is refused again.
    refusals.refuse(JUDGE, WRONG, REFUSAL);
    clock.advance(10 * MINUTE);
    expect([isRefused(RIGHT), isRefused(WRONG)]).toEqual([false, true]);
  });

  it('sends a credential that is not judged yet one at a time, and fails all waiting uses when there is no response', async () => {
    let uses = 0;
    const unanswered = new OciAuthError('TokenEndpointUnreachable', '500');
    const use = (outcome: OciAuthError) => () => refusals.scouted(JUDGE, WRONG, () => ((uses += 1), Promise.reject(outcome)));
    const settled = await Promise.allSettled(Array.from({ length: 30 }, use(unanswered)));
    expect(settled.every((result) => result.status === 'rejected' && result.reason === unanswered)).toBe(true);
    expect(uses).toBe(1);

    // The first refusal is about the scope, which does not judge the credential. The second use finds the credential refused.
    const outcomes = [new OciAuthError('ScopeRefused', '400'), REFUSAL];
    const judged = () =>
      refusals.scouted(JUDGE, WRONG, () => {
        const outcome = outcomes[uses++ - 1];
        if (outcome === REFUSAL) {
          refusals.refuse(JUDGE, WRONG, REFUSAL);
        }
        return Promise.reject(outcome ?? new Error('sent too often'));
      });
    const codes = (await Promise.allSettled(Array.from({ length: 10 }, judged))).map((result) =>
      result.status === 'rejected' ? (result.reason as OciAuthError).code : '',
    );
    expect(codes).toEqual(['ScopeRefused', ...Array<string>(9).fill('CredentialRefused')]);
  });

  it('treats the first refusal of an accepted credential as doubtful, and the second one not', () => {
    refusals.accept(JUDGE, RIGHT);
    clock.advance(10 * MINUTE);
    refusals.refuse(JUDGE, RIGHT, REFUSAL);
    expect(isRefused(RIGHT)).toBe(true);
    clock.advance(10 * SECOND);
    expect(isRefused(RIGHT)).toBe(false);
    refusals.refuse(JUDGE, RIGHT, REFUSAL);
    clock.advance(10 * MINUTE);
    expect(isRefused(RIGHT)).toBe(true);
  });
});
