import { Authenticated, Authorized, type ClientExchange, Credentialed, Forwardable, Identified, Planned, Resolved } from './proxy-exchange';

/** A placeholder for a value that a step adds. */
const part = <T>(name: string): T => ({ name }) as T;

/** The compiler checks that no step can be skipped: `test/step-order.types.ts`. */
describe('the chain of types of a request', () => {
  const identified = new Identified(part<ClientExchange>('client'), part('named'), 'get');
  const authenticated = new Authenticated(identified, part('identity'));
  const authorized = new Authorized(authenticated, () => Promise.resolve(true));
  const resolved = new Resolved(authorized, part('resolution'));
  const planned = new Planned(resolved, part('plan'));
  const credentialed = new Credentialed(planned, part('access'));
  const forwardable = new Forwardable(credentialed, { authorization: part('authorization'), attempt: part('attempt') }, planned.plan);

  it.each([
    ['client', identified],
    ['identity', authenticated],
    ['allows', authorized],
    ['resolution', resolved],
    ['plan', planned],
    ['access', credentialed],
  ] as const)('keeps %s, which one step sets, in all later steps', (field, step) => {
    const known: Readonly<Record<string, unknown>> = { ...step };
    expect(known[field]).toBeDefined();
    expect({ ...forwardable }).toMatchObject(known);
    expect((forwardable as unknown as Record<string, unknown>)[field]).toBe(known[field]);
  });

  it('replaces the plan and changes nothing else', () => {
    const other = new Forwardable(forwardable, forwardable, part('other plan'));
    expect({ ...other }).toEqual({ ...forwardable, plan: { name: 'other plan' } });
  });
});
