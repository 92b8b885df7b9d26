import { comparable, compareCorpus, keyOf, readCorpus, readExpected } from './corpus';

/** The engine's promise is kept over at least so many templates. */
const FEWEST_TEMPLATES = 300;

describe('the template corpus', () => {
  const corpus = readCorpus();
  const expected = readExpected();

  it('is rendered to the bytes of real Go, fails where Go fails, or is refused by the name that it says', () => {
    expect(compareCorpus(corpus, expected).differences).toEqual([]);
  });

  it('has a result of real Go for each template that is not refused, and for no other', () => {
    expect(Object.keys(expected).sort()).toEqual(comparable(corpus).map(keyOf).sort());
    expect(corpus.length).toBeGreaterThan(FEWEST_TEMPLATES);
  });

  it('notices a difference', () => {
    const [entry] = corpus.filter((candidate) => candidate.name === 'gitconfig');
    if (!entry) {
      throw new Error('the corpus has no gitconfig');
    }
    expect(compareCorpus([entry], { [keyOf(entry)]: { output: 'other' } }).differences).toHaveLength(1);
    expect(compareCorpus([entry], { [keyOf(entry)]: { error: 'no' } }).differences).toHaveLength(1);
    expect(compareCorpus([{ ...entry, refused: 'env' }], expected).differences).toHaveLength(1);
    expect(compareCorpus([entry], {}).differences).toHaveLength(1);
  });
});
