import { setTimeout as wait } from 'node:timers/promises';

/** Lets everything run that needs no timer, including sockets, for several turns. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) {
    await wait(1);
  }
}
