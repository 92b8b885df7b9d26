import { tryCommand } from '../processes/run-command';
import { toolPath } from '../testbed/toolchain';

describe('the alerts', () => {
  it.each([
    ['check rules', 'deploy/chart/files/monitoring/alerts.yaml'],
    ['test rules', 'tools/monitoring/alerts.test.yaml'],
  ])('promtool %s %s', async (verbs, file) => {
    const { status, stdout, stderr } = await tryCommand([toolPath('promtool'), ...verbs.split(' '), file]);
    expect({ status, output: status === 0 ? '' : `${stdout}${stderr}` }).toEqual({ status: 0, output: '' });
  });
});
