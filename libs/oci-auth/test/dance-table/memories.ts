import { type RepositoryScope } from '../../src/scope';
import { type Behaviour, BEHAVIOURS, insufficientScope } from './answers';
import { type DanceWorld } from './dance-world';
import { type Memory } from './states';

/** The request of the table is a deletion: registries have other names for this action, so the table shows what is learnt. */
export const deletionOf = (repository: string): readonly RepositoryScope[] => [{ repository, actions: ['delete'] }];

const TRUSTING: Behaviour = { ...BEHAVIOURS.Bearer, tokens: () => 'token' };
const MOUNT: readonly RepositoryScope[] = [...deletionOf('other'), { repository: 'base', actions: ['pull'] }];

/** Creates each memory with ordinary requests. Credentials that are wrong now were right then. */
export const REMEMBER: Readonly<Record<Memory, (world: DanceWorld) => Promise<unknown>>> = {
  nothing: () => Promise.resolve(),
  Bearer: (world) => world.ask(deletionOf('other'), TRUSTING),
  Basic: (world) => world.ask(deletionOf('other'), { ...BEHAVIOURS.Basic, request: () => ({ status: 200 }) }),
  open: (world) => world.ask(deletionOf('other'), BEHAVIOURS['everything is open']),
  token: (world) => world.ask(deletionOf('app'), TRUSTING),
  'expired token': async (world) => {
    await world.ask(deletionOf('app'), TRUSTING);
    world.clock.advance(300_000);
  },
  'refused token': (world) => world.ask(deletionOf('app'), { ...TRUSTING, request: BEHAVIOURS['token is refused'].request }),
  'refused credential': (world) => world.ask(deletionOf('other'), BEHAVIOURS['credential is refused']),
  refusal: (world) => world.ask(deletionOf('app'), { ...TRUSTING, tokens: ({ scope }) => (scope === '' ? 'token' : { status: 403 }) }),
  'learned actions': (world) => world.ask(deletionOf('other'), { ...TRUSTING, request: insufficientScope('other') }),
  doubt: (world) => world.ask(MOUNT, BEHAVIOURS['credential is refused']),
};
