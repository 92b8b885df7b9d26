import { MountedVolumes } from './mounted-volumes';

describe('MountedVolumes', () => {
  it('reports how long the volume that waits the longest has not been brought up to date', () => {
    let now = 1_000;
    const volumes = new MountedVolumes(() => now);
    expect(volumes.staleness).toBe(0);
    volumes.add('old');
    now += 60_000;
    volumes.add('new', 'key');
    expect(volumes.staleness).toBe(60_000);
    volumes.refreshed('old');
    now += 5_000;
    expect(volumes.staleness).toBe(5_000);
    // Another key alone does not mean that the files are current: they may be kept because of a problem.
    volumes.add('new');
    expect(volumes.staleness).toBe(5_000);
    volumes.refreshed('new');
    volumes.remove('old');
    expect({ staleness: volumes.staleness, size: volumes.size }).toEqual({ staleness: 0, size: 1 });
    volumes.refreshed('unknown');
    expect(volumes.has('unknown')).toBe(false);
  });
});
