import { nextReference, parseLinks } from './link-header';

describe('the next page in a Link header', () => {
  it.each<[string, string | string[] | undefined, string | undefined]>([
    ['no header', undefined, undefined],
    ['an empty header', '', undefined],
    ['commas', ' , ,', undefined],
    ['a path', '</a?n=2>; rel="next"', '/a?n=2'],
    ['rel without quotes', '</a>;rel=next', '/a'],
    ['capitals', '</a>; REL="NEXT"', '/a'],
    ['several relations', '</a>; rel="prev Next\tlast"', '/a'],
    ['an escape in quotes', '</a>; rel="n\\ext"', '/a'],
    ['other parameters first', '</a>; title="x; rel=\\"prev\\", <y>"; type=a/b ; rel=next; rel=prev', '/a'],
    ['blanks', '  <  /a  > \t;\t rel = next ', '  /a  '],
    ['a semicolon at the end', '</a>; rel="next";', '/a'],
    ['commas and semicolons in brackets', '</a?b,c;d="e",>; rel="next"', '/a?b,c;d="e",'],
    ['single quotes', "</a>; rel='next'", '/a'],
    ['single quotes around several relations', "</a>; rel='last'; rel='next'", '/a'],
    ['quotes of a text processor', '</a>; rel=\xe2\x80\x9cnext\xe2\x80\x9d', '/a'],
    ['a second rel', '</a>; rel="prev"; rel="next"', '/a'],
    ['no rel', '</a>', '/a'],
    ['an empty rel', '</a>; rel=""', '/a'],
    ['another relation', '</a>; rel="prev", </b>; rel=first', undefined],
    ['several links', '</a>; rel="prev",</b>; rel="next" , </c>; rel="last"', '/b'],
    ['several headers', ['</a>; rel="prev"', '</b>; rel="next"'], '/b'],
    ['the same next page twice', ['</a>; rel=next', '</a>; rel="next"'], '/a'],
    ['no brackets', '/a?n=2&last=b; rel="next"', '/a?n=2&last=b'],
    ['no brackets and a comma', '/a?last=b,c;rel=next', '/a?last=b,c'],
    ['no brackets, and a link after it', '/a;rel=next,</b>;rel=prev, /c; rel=first', '/a'],
    ['no brackets and no parameters', 'https://r.example/a', 'https://r.example/a'],
    ['raw bytes', '</\xc3\xbc>; rel="next"', '/\xc3\xbc'],
    ['nothing in brackets', '<>; rel=next', ''],
  ])('lists are cut silently: found in %s', (_, link, expected) => {
    expect(nextReference(link)).toBe(expected);
  });

  it.each<[string, string | string[]]>([
    ['a bracket that does not close', '</a; rel="next"'],
    ['a bracket in brackets', '</a<b>>; rel="next"'],
    ['a quote that does not close', '</a>; rel="next'],
    ['text after the link', '</a> b; rel="next"'],
    ['parameters alone', '; rel="next"'],
    ['two next pages', '</a>; rel="next", </b>; rel="next"'],
    ['two next pages in two headers', ['</a>', '</b>; rel=next']],
    ['a header beyond the limit', `<${'a'.repeat(33_000)}>`],
    ['more links than the limit', '<a>;rel=x,'.repeat(200)],
  ])('lists are cut silently: 502 for %s', (_, link) => {
    expect(() => nextReference(link)).toThrow(
      expect.objectContaining({ code: 'UpstreamInvalid', status: 502, message: expect.stringContaining('cut short') as string }) as Error,
    );
  });

  it('keeps the parameters unchanged', () => {
    expect(parseLinks('</a> ;rel = "X y" ; as=script, /b')).toEqual([
      { reference: '/a', relations: ['x', 'y'], parameters: ' ;rel = "X y" ; as=script' },
      { reference: '/b', relations: [], parameters: '' },
    ]);
  });

  it.each([
    ['semicolons', `</a>${'; '.repeat(15_000)}`],
    ['blanks', `</a>${' '.repeat(30_000)}x`],
    ['commas and blanks', `${','.repeat(15_000)}${' '.repeat(15_000)}"`],
    ['quotes', `</a>; a="${'\\"'.repeat(15_000)}`],
    ['brackets', '<'.repeat(30_000)],
    ['commas without brackets', `a${',a'.repeat(15_000)};"`],
    ['tokens', `</a>;${'a '.repeat(15_000)}`],
  ])('reads each character of a hostile Link at most a few times: %s', (_, link) => {
    // A pattern of quadratic cost would read 10^9 characters.
    const exec = jest.spyOn(RegExp.prototype, 'exec');
    try {
      nextReference(link);
    } catch (error) {
      expect(error).toMatchObject({ code: 'UpstreamInvalid' });
    }
    const calls = exec.mock.calls.length;
    exec.mockRestore();
    expect(calls).toBeLessThan(2 * link.length + 100);
  });
});
