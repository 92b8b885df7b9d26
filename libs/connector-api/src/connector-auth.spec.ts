import { type AuthType } from './auth-type';
import { type Connector } from './connector';
import { type ConnectorClass } from './connector-class';
import { authTypeOf, foreignSecretNamespace, typeThatNeedsSecret } from './connector-auth';

const needing: AuthType = { name: 'needing' };
const optional: AuthType = { name: 'optional', optional: true };

const aClass = (types?: AuthType[]): ConnectorClass =>
  ({ metadata: { name: 'c' }, spec: types && { auth: { types } } }) as unknown as ConnectorClass;
const aConnector = (auth?: object): Connector => ({ metadata: { namespace: 'team', name: 'a' }, spec: { auth } }) as unknown as Connector;

describe('whether a Connector needs a Secret', () => {
  it.each<[string, object | undefined, AuthType[], string | undefined]>([
    ['a class without types', undefined, [], undefined],
    ['no choice, and a type that is optional', undefined, [needing, optional], undefined],
    ['no choice, and none that is', undefined, [needing], 'needing'],
    ['an optional type', { name: 'optional' }, [needing, optional], undefined],
    ['another', { name: 'needing' }, [optional, needing], 'needing'],
  ])('%s', (_name, auth, types, expected) => {
    expect(typeThatNeedsSecret(aConnector(auth), { ...aClass(types) })?.name).toBe(expected);
  });

  it('uses the type with the name', () => {
    expect(authTypeOf(aConnector({ name: 'optional' }), aClass([needing, optional]))).toBe(optional);
    expect(authTypeOf(aConnector({ name: 'none' }), aClass([needing]))).toBeUndefined();
    expect(authTypeOf(aConnector(), aClass([needing]))).toBeUndefined();
  });
});

it.each([
  [undefined, undefined],
  ['', undefined],
  ['team', undefined],
  ['kube-system', 'kube-system'],
])('C17: a Secret in namespace %p', (namespace, expected) => {
  expect(foreignSecretNamespace(aConnector({ name: 'x', secretRef: { name: 's', namespace } }))).toBe(expected);
});
