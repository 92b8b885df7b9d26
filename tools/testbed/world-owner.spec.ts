import { ownWorldName, ownerOf } from './world-owner';

describe('ownerOf', () => {
  it('returns the owner while it runs', () => {
    expect(ownerOf(ownWorldName())).toBe(process.pid);
  });

  it('returns no owner whose process id another process now has', () => {
    const [, , pid] = ownWorldName().split('-');
    expect(ownerOf(`oci-testbed-${pid}-1`)).toBeUndefined();
  });

  it('returns no owner if the text is no name of a world', () => {
    expect(ownerOf(`oci-testbed-${process.pid}`)).toBeUndefined();
  });
});
