import { SharedLookups } from './shared-lookups';

/** Lookups that end when the test ends them. */
class Lookups {
  readonly begun: string[] = [];
  readonly abandoned: string[] = [];
  readonly #ends = new Map<string, { resolve: (value: string) => void; reject: (error: Error) => void }>();

  start(name: string): (signal: AbortSignal) => Promise<string> {
    return (signal) => {
      this.begun.push(name);
      signal.addEventListener('abort', () => this.abandoned.push(name));
      return new Promise((resolve, reject) => this.#ends.set(name, { resolve, reject }));
    };
  }

  end(name: string): void {
    this.#ends.get(name)?.resolve(`address of ${name}`);
  }

  fail(name: string): void {
    this.#ends.get(name)?.reject(new Error(`no ${name}`));
  }
}

const outcome = (answer: Promise<string>): Promise<string> =>
  answer.catch((error: { problem?: string; message: string }) => error.problem ?? error.message);

describe('SharedLookups', () => {
  const lookups = new Lookups();
  let shared = new SharedLookups<string>({ perOwner: 2, total: 4 });
  const join = (name: string, owner: string): Promise<string> => outcome(shared.join(name, owner, lookups.start(name)));

  beforeEach(() => {
    shared = new SharedLookups({ perOwner: 2, total: 4 });
    lookups.begun.length = 0;
    lookups.abandoned.length = 0;
  });

  it('has one lookup of a name in flight for all callers', async () => {
    const answers = [join('a', 'one'), join('a', 'one'), join('a', 'two')];
    lookups.end('a');
    expect(await Promise.all(answers)).toEqual(['address of a', 'address of a', 'address of a']);
    expect(lookups.begun).toEqual(['a']);
    expect(shared.size).toBe(0);
  });

  it('starts another lookup after the end of the first, also after a failure', async () => {
    const first = join('a', 'one');
    lookups.fail('a');
    expect(await first).toBe('no a');
    const second = join('a', 'one');
    lookups.end('a');
    expect(await second).toBe('address of a');
    expect(lookups.begun).toEqual(['a', 'a']);
  });

  it('displaces the oldest lookup of an owner with too many, and of no other owner', async () => {
    const other = join('other', 'two');
    const [a, b, c] = [join('a', 'one'), join('b', 'one'), join('c', 'one')];
    expect(await a).toBe('crowded-out');
    expect(lookups.abandoned).toEqual(['a']);
    for (const name of ['b', 'c', 'other']) {
      lookups.end(name);
    }
    expect(await Promise.all([b, c, other])).toEqual(['address of b', 'address of c', 'address of other']);
  });

  it('continues a lookup that one owner lost and another one waits for', async () => {
    const [mine, others] = [join('a', 'one'), join('a', 'two')];
    const more = [join('b', 'one'), join('c', 'one')];
    expect(await mine).toBe('crowded-out');
    for (const name of ['a', 'b', 'c']) {
      lookups.end(name);
    }
    expect(await others).toBe('address of a');
    expect(await Promise.all(more)).toEqual(['address of b', 'address of c']);
    expect(lookups.abandoned).toEqual([]);
  });

  it('displaces the oldest lookup of all when there are too many, so that a new one never waits', async () => {
    const silent = ['a', 'b', 'c', 'd'].map((name) => join(name, `owner of ${name}`));
    const fresh = join('fresh', 'two');
    expect(await silent[0]).toBe('crowded-out');
    expect(shared.size).toBe(4);
    lookups.end('fresh');
    expect(await fresh).toBe('address of fresh');
    for (const name of ['b', 'c', 'd']) {
      lookups.end(name);
    }
    await Promise.all(silent);
    expect(shared.size).toBe(0);
  });
});
