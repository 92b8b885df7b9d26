import { tryCommand } from '../processes/run-command';
import { toolPath } from '../testbed/toolchain';

describe('.github/workflows', () => {
  it('actionlint finds nothing', async () => {
    // Without shellcheck and pyflakes, whose findings would depend on the machine.
    const { status, stdout, stderr } = await tryCommand([toolPath('actionlint'), '-shellcheck=', '-pyflakes=']);
    expect({ status, output: `${stdout}${stderr}` }).toEqual({ status: 0, output: '' });
  });
});
