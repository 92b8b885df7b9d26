import { parse } from 'yaml';
import { crdFiles } from './crds';

interface Definition {
  metadata: { name: string };
  spec: {
    scope: string;
    names: Record<string, unknown>;
    versions: { name: string; subresources: object; additionalPrinterColumns: { name: string }[]; schema: { openAPIV3Schema: Schema } }[];
  };
}

interface Schema {
  required: string[];
  properties: Record<string, object>;
}

describe('crdFiles', () => {
  it('writes a definition for each kind', async () => {
    const files = await crdFiles();
    expect(files.map(({ path }) => path)).toEqual(['deploy/chart/crds/connectors.yaml', 'deploy/chart/crds/connectorclasses.yaml']);

    const [connector, connectorClass] = files.map(({ text }) => parse(text) as Definition);
    expect(connector).toMatchObject({
      metadata: { name: 'connectors.connectors.alauda.io' },
      spec: { scope: 'Namespaced', names: { kind: 'Connector', listKind: 'ConnectorList', plural: 'connectors', singular: 'connector' } },
    });
    expect(connectorClass?.spec.scope).toBe('Cluster');
    expect(connector?.spec.versions[0]?.additionalPrinterColumns.map(({ name }) => name)).toEqual([
      'Class',
      'Address',
      'Ready',
      'Reason',
      'Age',
    ]);
    expect(connectorClass?.spec.versions[0]?.additionalPrinterColumns.map(({ name }) => name)).toEqual(['Ready', 'Reason', 'Age']);
    for (const definition of [connector, connectorClass]) {
      const [version] = definition?.spec.versions ?? [];
      expect(version).toMatchObject({
        name: 'v1alpha1',
        subresources: { status: {} },
        schema: { openAPIV3Schema: { required: ['spec'] } },
      });
      // Any other constraint on metadata would make the schema non-structural.
      expect(version?.schema.openAPIV3Schema.properties.metadata).toEqual({ type: 'object' });
    }
  });
});
