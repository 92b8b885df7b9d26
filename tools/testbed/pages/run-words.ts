import { type Helm } from '../cluster/helm';
import { type Kubectl } from '../kubectl';
import { commandsOf, type Words } from './page-blocks';

/** The programs that commands of a page call. */
export interface PagePrograms {
  readonly helm: Helm;
  readonly kubectl: Kubectl;
}

/**
 * Runs a command of a page, with more options at its end.
 *
 * @returns its output
 */
export function runWords({ helm, kubectl }: PagePrograms, [program, ...args]: Words, options: readonly string[] = []): Promise<string> {
  if (program === 'helm') {
    return helm.run([...args, ...options]);
  }
  if (program === 'kubectl') {
    return kubectl.run([...args, ...options]);
  }
  throw new Error(`the page calls ${program}, which this suite does not run`);
}

/** Runs the commands of a block one after the other. */
export async function runBlock(programs: PagePrograms, block: string): Promise<void> {
  for (const words of commandsOf(block)) {
    await runWords(programs, words);
  }
}
