import { renderTemplate } from './render-template';
import { TemplateError } from './template-error';
import { type TemplateValue } from './values/from-data';

function render(text: string, data: { readonly [key: string]: TemplateValue } = {}, steps = 20_000): string {
  return renderTemplate({ connectorClass: 'class', configuration: 'configuration', file: 'file', text }, data, { steps });
}

function failure(text: string, data?: { readonly [key: string]: TemplateValue }): TemplateError {
  try {
    render(text, data);
  } catch (error) {
    if (error instanceof TemplateError) {
      return error;
    }
    throw error;
  }
  throw new Error('the template was rendered');
}

/** Declares a list with 1,024 references to one text of 10,000 bytes, which costs little, and a text that differs at its end. */
const MANY =
  '{{ $text := repeat 10000 "x" }}{{ $other := printf "%sy" (trunc 9999 $text) }}{{ $many := list $text }}{{ range 10 }}{{ $many = concat $many $many }}{{ end }}';
/** Declares a dict of 2,001 entries. */
const DICT = '{{ $dict := split "," (repeat 2000 "x,") }}';

describe('counts the steps of work that leaves no trace in the output', () => {
  it.each([
    ['comparing long texts', `${MANY}{{ $x := without $many $other }}`],
    ['searching for a long text', `${MANY}{{ has $other $many }}`],
    ['sorting long texts', `${MANY}{{ $x := sortAlpha $many }}`],
    ['sorting long texts in place', `${MANY}{{ $x := toStrings $many | sortAlpha }}`],
    ['writing long texts as JSON', `${MANY}{{ $x := toJson $many }}`],
    ['sorting a dict of which one entry is visited', `${DICT}{{ range 100 }}{{ range $dict }}{{ break }}{{ end }}{{ end }}`],
    ['parsing', `{{/*${'x'.repeat(250_000)}*/}}`],
  ])('%s', (_what, text) => {
    expect(failure(text).message).toContain('more than 20000 steps of evaluation');
  });

  it('copying the data, even if the template does not use them', () => {
    expect(failure('x', { texts: Array.from({ length: 3 }, () => 'x'.repeat(900_000)) }).message).toContain(
      'more than 20000 steps of evaluation',
    );
    expect(failure('x', { list: Array.from({ length: 50_000 }, () => 1) }).message).toContain('more than 20000 steps of evaluation');
  });
});

it('keeps cheap operations far below the limit of a file', () => {
  expect(render(`${MANY}{{ first $many | len }} ${DICT}{{ range $dict }}{{ break }}{{ end }}{{ sortAlpha (list "b" "a") }}`)).toBe(
    '10000 [a b]',
  );
});

describe('reports LimitExceeded instead of a stack overflow', () => {
  it('for templates that call each other from deeply nested blocks', () => {
    const blocks = 95;
    const text = `{{ define "x" }}${'{{ if true }}'.repeat(blocks)}{{ template "x" }}${'{{ end }}'.repeat(blocks)}{{ end }}{{ template "x" }}`;
    expect(failure(text).code).toBe('LimitExceeded');
  });

  it('for many variables, which each use has to search', () => {
    const declared = Array.from({ length: 2_000 }, (_item, index) => `{{ $v${index} := 1 }}`).join('');
    expect(failure(`${declared}{{ $v0 }}`).message).toContain('more than 1000 variables');
  });
});

describe('parses integers with many digits as Go does', () => {
  const digits = '9'.repeat(100_000);

  it.each([
    ['atoi .many', '9223372036854775807'],
    ['atoi .negative', '-9223372036854775808'],
    ['atoi .zeros', '7'],
    ['int .many', '0'],
    ['int .hexadecimal', '0'],
    ['int .zeros', '7'],
  ])('%s', (call, expected) => {
    const data = { many: digits, negative: `-${digits}`, zeros: `${'0'.repeat(100_000)}7`, hexadecimal: `0x${'f'.repeat(100_000)}` };
    expect(render(`{{ ${call} }}`, data, 200_000)).toBe(expected);
  });
});
