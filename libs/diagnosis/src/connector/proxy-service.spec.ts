import { type InstallationNames } from '@oci-connector/connector-api';
import { aConnector } from '@oci-connector/testing-kit';
import { type Service } from '@oci-connector/kube';
import { describeForeign, desiredService, isOurs, isUpToDate, repaired } from './proxy-service';

const installation: InstallationNames = {
  namespace: 'connectors-system',
  proxyService: 'connectors-proxy-service',
  clusterDomain: 'cluster.local',
};
const connector = aConnector({ name: 'harbor', namespace: 'team' });
const desired = desiredService(connector, installation);
const uid = connector.metadata.uid ?? '';
const ours = { apiVersion: 'connectors.alauda.io/v1alpha1', kind: 'Connector', name: 'harbor', uid, controller: true };
const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'u1', controller: true };

function service(metadata: Partial<Service['metadata']>, spec: Service['spec']): Service {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name: 'c-harbor', namespace: 'team', ...metadata }, spec };
}

describe('the Service of a Connector', () => {
  it('leads to the proxy and belongs to the Connector', () => {
    expect(desired).toMatchObject({
      metadata: { name: 'c-harbor', namespace: 'team', labels: { 'connectors.alauda.io/connector': 'harbor' }, ownerReferences: [ours] },
      spec: {
        type: 'ExternalName',
        externalName: 'connectors-proxy-service.connectors-system.svc.cluster.local',
        ports: [{ port: 80 }, { port: 443 }],
      },
    });
  });

  const clusterIp = { type: 'ClusterIP', clusterIP: '10.0.0.1', ports: [{ port: 80 }] } as const;
  const table: [string, Service, boolean][] = [
    ['one that the controller created', desired, true],
    ['one with our labels', service({ labels: desired.metadata.labels }, clusterIp), true],
    ['one owned by the Connector, of another type', service({ ownerReferences: [ours] }, clusterIp), true],
    ['one of the same Connector before it was created again', service({ ownerReferences: [{ ...ours, uid: 'former' }] }, clusterIp), true],
    [
      'one without labels that leads to our proxy',
      service({}, { type: 'ExternalName', externalName: 'connectors-proxy-service.connectors-system.svc' }),
      true,
    ],
    ['one that leads elsewhere', service({}, { type: 'ExternalName', externalName: 'example.com' }), false],
    ['a plain one', service({}, clusterIp), false],
    [
      'one with our labels, one of which names another Connector',
      service({ labels: { ...desired.metadata.labels, 'connectors.alauda.io/connector': 'other' } }, clusterIp),
      true,
    ],
    ['one with the label alone', service({ labels: { 'connectors.alauda.io/connector': 'harbor' } }, clusterIp), false],
    [
      'one with our labels that another controller owns',
      service({ labels: desired.metadata.labels, ownerReferences: [deployment] }, clusterIp),
      false,
    ],
    [
      'one of a kind Connector in a foreign group',
      service({ ownerReferences: [{ ...ours, apiVersion: 'example.com/v1' }] }, clusterIp),
      false,
    ],
  ];
  it.each(table)('is distinguished from others: %s', (_name, existing, expected) => {
    expect(isOurs(existing, installation)).toBe(expected);
  });

  it('is up to date with fields that the API server adds', () => {
    const stored = {
      ...desired,
      spec: { ...desired.spec, ports: desired.spec?.ports?.map((port) => ({ ...port, targetPort: port.port })), sessionAffinity: 'None' },
    } as Service;
    expect(isUpToDate(stored, desired)).toBe(true);
  });

  const drifts: [string, Service][] = [
    ['another target', { ...desired, spec: { ...desired.spec, externalName: 'evil.example' } }],
    ['another type', { ...desired, spec: { ...desired.spec, type: 'ClusterIP' } }],
    ['a missing port', { ...desired, spec: { ...desired.spec, ports: desired.spec?.ports?.slice(1) } }],
    ['a missing label', service({ ownerReferences: [ours], labels: {} }, desired.spec)],
    [
      'an owner of another version',
      service({ ownerReferences: [{ ...ours, apiVersion: 'connectors.alauda.io/v9' }], labels: desired.metadata.labels }, desired.spec),
    ],
    ['a former owner', service({ labels: desired.metadata.labels, ownerReferences: [{ ...ours, uid: 'former' }] }, desired.spec)],
  ];
  it.each(drifts)('is repaired after drift: %s', (_name, existing) => {
    expect(isUpToDate(existing, desired)).toBe(false);
    expect(isUpToDate(repaired(existing, desired), desired)).toBe(true);
  });

  it('keeps foreign labels when it is repaired, but no fields of its former type', () => {
    const existing = service(
      { labels: { team: 'a' }, annotations: { note: 'b' }, resourceVersion: '7', ownerReferences: [{ ...ours, uid: 'former' }] },
      clusterIp,
    );
    expect(repaired(existing, desired)).toEqual({
      ...desired,
      metadata: { ...existing.metadata, labels: { team: 'a', ...desired.metadata.labels }, ownerReferences: [ours] },
    });
  });

  it('names the owner of a foreign Service', () => {
    expect(describeForeign(service({ ownerReferences: [deployment] }, clusterIp))).toContain('controlled by Deployment "web"');
    expect(describeForeign(service({}, clusterIp))).toContain('not made by this controller (type ClusterIP); delete or rename it');
  });
});
