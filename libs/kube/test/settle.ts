import { setTimeout as wait } from 'node:timers/promises';

/** Lets everything run that is ready to run without any timer, sockets included, many times over. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) {
    await wait(1);
  }
}
