import { tryCommand } from '../processes/run-command';
import { toolPath } from '../testbed/toolchain';

const DIRECTORY = 'deploy/monitoring';

describe('deploy/monitoring', () => {
  it.each([
    ['check rules', 'alerts.yaml'],
    ['test rules', 'alerts.test.yaml'],
  ])('promtool %s %s', async (verbs, file) => {
    const { status, stdout, stderr } = await tryCommand([toolPath('promtool'), ...verbs.split(' '), `${DIRECTORY}/${file}`]);
    expect({ status, output: status === 0 ? '' : `${stdout}${stderr}` }).toEqual({ status: 0, output: '' });
  });
});
