import { validateSync } from 'class-validator';
import { CsiSettings } from './csi.config';
import { kubeletPaths } from './kubelet-paths';

const settingsWith = (settings: Partial<CsiSettings>): CsiSettings => Object.assign(new CsiSettings(), settings);

describe('kubeletPaths', () => {
  it("are those of the kubelet's defaults where nothing is set: the driver registers itself", () => {
    expect(kubeletPaths(settingsWith({}))).toEqual({
      socket: '/var/lib/kubelet/plugins/connectors-csi/csi.sock',
      keptInputs: '/var/lib/kubelet/plugins/connectors-csi/volumes',
      registrationSocket: '/var/lib/kubelet/plugins_registry/connectors-csi-reg.sock',
    });
  });

  it("follow the kubelet's directory", () => {
    expect(kubeletPaths(settingsWith({ kubeletDirectory: '/srv/kubelet' }))).toEqual({
      socket: '/srv/kubelet/plugins/connectors-csi/csi.sock',
      keptInputs: '/srv/kubelet/plugins/connectors-csi/volumes',
      registrationSocket: '/srv/kubelet/plugins_registry/connectors-csi-reg.sock',
    });
  });

  it('are what is set', () => {
    expect(kubeletPaths(settingsWith({ socket: '/run/csi.sock', registrationDirectory: '/run/registry' }))).toMatchObject({
      socket: '/run/csi.sock',
      registrationSocket: '/run/registry/connectors-csi-reg.sock',
    });
  });

  it('have no registration only where that is said', () => {
    expect(kubeletPaths(settingsWith({ registrationDirectory: 'none' }))).not.toHaveProperty('registrationSocket');
  });

  it.each(['', 'none', '/run/registry'])('can be %j', (registrationDirectory) => {
    expect(validateSync(settingsWith({ registrationDirectory }))).toEqual([]);
  });

  it.each(['None', 'plugins_registry', '/run/', '/run/../etc'])('cannot be %j', (registrationDirectory) => {
    expect(validateSync(settingsWith({ registrationDirectory }))).toEqual([expect.objectContaining({ property: 'registrationDirectory' })]);
  });
});
