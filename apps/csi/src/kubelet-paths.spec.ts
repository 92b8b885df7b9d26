import { validateSync } from 'class-validator';
import { CsiSettings } from './csi.config';
import { kubeletPaths } from './kubelet-paths';

const settingsWith = (settings: Partial<CsiSettings>): CsiSettings => Object.assign(new CsiSettings(), settings);

describe('kubeletPaths', () => {
  it("uses the kubelet's default paths, with registration, when nothing is set", () => {
    expect(kubeletPaths(settingsWith({}))).toEqual({
      socket: '/var/lib/kubelet/plugins/connectors-csi/csi.sock',
      keptInputs: '/var/lib/kubelet/plugins/connectors-csi/volumes',
      registrationSocket: '/var/lib/kubelet/plugins_registry/connectors-csi-reg.sock',
    });
  });

  it("uses paths below the kubelet's directory when only that is set", () => {
    expect(kubeletPaths(settingsWith({ kubeletDirectory: '/srv/kubelet' }))).toEqual({
      socket: '/srv/kubelet/plugins/connectors-csi/csi.sock',
      keptInputs: '/srv/kubelet/plugins/connectors-csi/volumes',
      registrationSocket: '/srv/kubelet/plugins_registry/connectors-csi-reg.sock',
    });
  });

  it('uses the paths that are set', () => {
    expect(kubeletPaths(settingsWith({ socket: '/run/csi.sock', registrationDirectory: '/run/registry' }))).toMatchObject({
      socket: '/run/csi.sock',
      registrationSocket: '/run/registry/connectors-csi-reg.sock',
    });
  });

  it('has no registration socket when the directory is none', () => {
    expect(kubeletPaths(settingsWith({ registrationDirectory: 'none' }))).not.toHaveProperty('registrationSocket');
  });

  it.each(['', 'none', '/run/registry'])('accepts the registration directory %j', (registrationDirectory) => {
    expect(validateSync(settingsWith({ registrationDirectory }))).toEqual([]);
  });

  it.each(['None', 'plugins_registry', '/run/', '/run/../etc'])('rejects the registration directory %j', (registrationDirectory) => {
    expect(validateSync(settingsWith({ registrationDirectory }))).toEqual([expect.objectContaining({ property: 'registrationDirectory' })]);
  });
});
