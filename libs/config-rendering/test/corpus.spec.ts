import { comparable, compareCorpus, keyOf, readCorpus, readExpected } from './corpus';

/** Smallest number of templates in the corpus, so that it is not emptied by mistake. */
const FEWEST_TEMPLATES = 300;

describe('the template corpus', () => {
  const corpus = readCorpus();
  const expected = readExpected();

  it('gives the bytes of real Go, fails where Go fails, or is refused by the expected name', () => {
    expect(compareCorpus(corpus, expected).differences).toEqual([]);
  });

  it('has a result of real Go exactly for the templates that are not refused', () => {
    expect(Object.keys(expected).sort()).toEqual(comparable(corpus).map(keyOf).sort());
    expect(corpus.length).toBeGreaterThan(FEWEST_TEMPLATES);
  });

  it('reports each kind of difference', () => {
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
