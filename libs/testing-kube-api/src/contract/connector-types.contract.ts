import path from 'node:path';
import { type Connector, type ConnectorClass } from '@oci-connector/connector-api';
import { parse } from 'yaml';
import { aConnector, aConnectorClass, untilRight } from '@oci-connector/testing-kit';
import { type JsonObject } from '../kube-api/json';
import { readManifests } from '../kube-api/load-crds';
import { type ContractContext, messageOf } from './contract-context';
import { applyDefinition } from './widget';

const CONNECTORS = 'connectors.alauda.io/v1alpha1';
const CRDS = path.resolve(__dirname, '../../../../deploy/chart/crds');

/** The product's CustomResourceDefinitions: every API accepts them, and refuses the same objects with the same messages. */
export function describeConnectorTypes(context: () => ContractContext): void {
  const post = (object: JsonObject, query = ''): ReturnType<ContractContext['admin']['post']> =>
    context().admin.post(`${context().api(CONNECTORS, 'connectors')}${query}`, object);

  describe('Connector types', () => {
    let conditions: JsonObject[][];

    beforeAll(async () => {
      const definitions = readManifests([CRDS]).map((text) => parse(text) as JsonObject);
      conditions = await Promise.all(definitions.map((definition) => applyDefinition(context(), definition)));
      await untilRight(
        () => context().admin.get(context().api(CONNECTORS, 'connectors')),
        ({ status }) => status === 200,
      );
      await untilRight(
        () => context().admin.get(`/apis/${CONNECTORS}/connectorclasses`),
        ({ status }) => status === 200,
      );
    });

    it('are established and structural', () => {
      expect(conditions).toHaveLength(2);
      expect(conditions.flat()).not.toContainEqual(expect.objectContaining({ type: 'NonStructuralSchema', status: 'True' }));
    });

    it('accept a Connector with a Secret in strict mode', async () => {
      const response = await post(connector('taken', aConnector({ secretName: 'credential' })), '?fieldValidation=Strict');
      expect(response).toMatchObject({ status: 201, body: { spec: { connectorClassName: 'oci' } } });
    });

    it('accept the shipped class', async () => {
      const { spec } = aConnectorClass();
      const object = { apiVersion: CONNECTORS, kind: 'ConnectorClass', metadata: { name: context().namespace }, spec };
      const response = await context().admin.post(`/apis/${CONNECTORS}/connectorclasses?fieldValidation=Strict`, object);
      await context().admin.delete(`/apis/${CONNECTORS}/connectorclasses/${context().namespace}`);
      expect(response.status).toBe(201);
    });

    it.each<[string, Connector | ConnectorClass, RegExp]>([
      ['no address', aConnector({ spec: { address: undefined } }), /spec\.address: Required value/],
      [
        'an address without a scheme',
        aConnector({ address: 'registry.example.com' }),
        /spec\.address: Invalid value: "registry\.example\.com"/,
      ],
      ['an address with a query', aConnector({ address: 'https://registry.example.com/?a=b' }), /spec\.address: /],
      ['an address with a password', aConnector({ address: 'https://user:password@registry.example.com' }), /spec\.address: /],
      [
        'a realm of a lower scheme than the address',
        aConnector({ trustedRealms: ['http://auth.example.com'] }),
        /trustedRealms: .*http is possible only where spec\.address itself begins with http/,
      ],
      ['a realm with a path', aConnector({ trustedRealms: ['https://auth.example.com/token'] }), /trustedRealms\[0\]: /],
    ])('refuse a Connector with %s', async (_what, object, message) => {
      const response = await post(connector('refused', object));
      expect(response).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
      expect(messageOf(response)).toMatch(message);
    });

    it('refuse a name from which no Service name can be built', async () => {
      for (const name of ['x'.repeat(62), 'has.dot']) {
        const response = await post(connector(name, aConnector()));
        expect(response).toMatchObject({ status: 422, body: { reason: 'Invalid' } });
        expect(messageOf(response)).toContain('must be a DNS label');
      }
    });

    it('refuse a misspelt field in strict mode', async () => {
      const object = connector('misspelt', aConnector());
      const response = await post({ ...object, spec: { ...(object['spec'] as JsonObject), adress: 'x' } }, '?fieldValidation=Strict');
      expect(response.status).toBe(400);
      expect(messageOf(response)).toContain('unknown field "spec.adress"');
    });

    it('keep opaque fields unchanged', async () => {
      const params = [{ name: 'repository', value: { nested: ['as', { it: 'is' }] } }];
      const response = await post(connector('opaque', aConnector({ spec: { auth: { name: 'tokenAuth', params } } })));
      expect(response).toMatchObject({ status: 201, body: { spec: { auth: { params } } } });
    });
  });
}

function connector(name: string, { spec }: Connector | ConnectorClass): JsonObject {
  return JSON.parse(JSON.stringify({ apiVersion: CONNECTORS, kind: 'Connector', metadata: { name }, spec })) as JsonObject;
}
