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

  it('asks the kubelet for all that the driver needs', () => {
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

  it('has a field more from Kubernetes 1.35 on, which older versions refuse, and differs in nothing else', () => {
    const { spec, ...rest } = read('csidriver-1.35.yaml');
    const { serviceAccountTokenInSecrets, ...common } = spec;
    expect(serviceAccountTokenInSecrets).toBe(true);
    expect({ ...rest, spec: common }).toEqual(object);
  });
});
