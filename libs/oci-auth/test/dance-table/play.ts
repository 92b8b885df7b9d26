import { DanceWorld } from './dance-world';
import { type Answer, CREDENTIALS, type CredentialState, MEMORIES } from './states';
import { danceRows, rowsFor } from './table';

/** Plays each combination of these answers with a credential and a memory, and compares it with its row. */
export function playDances(answers: readonly Answer[]): void {
  const rows = danceRows();
  let world: DanceWorld;
  beforeAll(async () => {
    world = await DanceWorld.start();
  });
  afterAll(() => world.close());

  const cases = answers.flatMap((answer) => CREDENTIALS.map((credential): [Answer, CredentialState] => [answer, credential]));
  it.each(cases)('%s; credential: %s', async (answer, credential) => {
    const expected: Record<string, string> = {};
    const played: Record<string, string> = {};
    for (const memory of MEMORIES) {
      const [row] = rowsFor(rows, answer, credential, memory);
      expected[memory] = row ? `${row.asked} → ${row.result}` : 'has no row';
      const { asked, result } = await world.meet(answer, credential, memory);
      played[memory] = `${asked} → ${result}`;
    }
    expect(played).toEqual(expected);
  });
}
