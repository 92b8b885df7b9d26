import { toolPath } from './toolchain';

describe('toolPath', () => {
  it('offers only programs when it does not know the name', () => {
    const offered = (): string => toolPath('nosuch');
    expect(offered).toThrow(/^there is no tool nosuch; choose one of .*\bcrane, /);
    expect(offered).not.toThrow(/stdlib\.h|gcc/);
  });
});
