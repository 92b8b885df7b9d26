import { ownWorldName, ownerOf } from './world-owner';

describe('names of worlds', () => {
  it('tell their owner while it runs', () => {
    expect(ownerOf(ownWorldName())).toBe(process.pid);
  });

  it('tell none whose process id belongs to another process by now', () => {
    const [, , pid] = ownWorldName().split('-');
    expect(ownerOf(`oci-testbed-${pid}-1`)).toBeUndefined();
  });

  it('tell none of what is no name of a world', () => {
    expect(ownerOf(`oci-testbed-${process.pid}`)).toBeUndefined();
  });
});
