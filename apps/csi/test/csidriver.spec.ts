import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CSI_DRIVER_NAME, DEFAULT_AUDIENCE } from '@oci-connector/connector-api';
import { parse } from 'yaml';

interface CsiDriver {
  metadata: { name: string };
  spec: Record<string, unknown>;
}

const read = (file: string): CsiDriver => parse(readFileSync(path.join(__dirname, '../../../deploy', file), 'utf8')) as CsiDriver;

describe('the CSIDriver object', () => {
  const object = read('csidriver.yaml');

  it('requests everything that the driver needs from the kubelet', () => {
    expect(object.metadata.name).toBe(CSI_DRIVER_NAME);
    expect(object.spec).toEqual({
      attachRequired: false,
      podInfoOnMount: true,
      volumeLifecycleModes: ['Ephemeral'],
      fsGroupPolicy: 'None',
      requiresRepublish: true,
      tokenRequests: [{ audience: DEFAULT_AUDIENCE, expirationSeconds: 14_400 }],
    });
  });

  it('has one more field from Kubernetes 1.35 on, which older versions reject, and no other difference', () => {
    const { spec, ...rest } = read('csidriver-1.35.yaml');
    const { serviceAccountTokenInSecrets, ...common } = spec;
    expect(serviceAccountTokenInSecrets).toBe(true);
    expect({ ...rest, spec: common }).toEqual(object);
  });
});
