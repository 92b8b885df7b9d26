import { CsiWorld } from './csi-world';

describe('publishing a volume', () => {
  let world: CsiWorld;

  beforeAll(async () => {
    world = await CsiWorld.start();
  });

  afterAll(() => world.close());

  it('gives the pod its files', async () => {
    const token = world.token();
    expect(await world.publish('first', { token })).toMatchObject({ code: 'OK' });
    expect(await world.read('first', 'context.token')).toBe(token);
    expect(await world.read('first', 'static.conf')).toBe('first');
  });
});
