import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CSI_DRIVER_NAME, DEFAULT_AUDIENCE } from '@oci-connector/connector-api';
import { parseAllDocuments } from 'yaml';

interface CsiDriver {
  kind: string;
  metadata: { name: string };
  spec: Record<string, unknown>;
}

describe('the CSIDriver object', () => {
  it('requests everything that the driver needs from the kubelet', () => {
    const documents = parseAllDocuments(readFileSync(path.join(__dirname, '../../../deploy/install.yaml'), 'utf8'));
    const objects = documents.map((document) => document.toJS() as CsiDriver).filter(({ kind }) => kind === 'CSIDriver');
    expect(objects.map(({ metadata }) => metadata.name)).toEqual([CSI_DRIVER_NAME]);
    expect(objects[0]?.spec).toEqual({
      attachRequired: false,
      podInfoOnMount: true,
      volumeLifecycleModes: ['Ephemeral'],
      fsGroupPolicy: 'None',
      requiresRepublish: true,
      tokenRequests: [{ audience: DEFAULT_AUDIENCE, expirationSeconds: 14_400 }],
    });
  });
});
