import fc from 'fast-check';
import { FUNCTIONS } from './functions/functions';
import { REFUSED_FUNCTIONS } from './functions/refused-functions';
import { type RenderLimits } from './render-limits';
import { checkTemplate, renderTemplate } from './render-template';
import { TemplateError } from './template-error';
import { type TemplateValue } from './values/from-data';

type Data = { readonly [key: string]: TemplateValue };

const sourceOf = (text: string) => ({ connectorClass: 'oci', configuration: 'registry-config', file: 'config.json', text });
const render = (text: string, data: Data = {}, limits?: Partial<RenderLimits>): string => renderTemplate(sourceOf(text), data, limits);

function failure(text: string, data: Data = {}, limits?: Partial<RenderLimits>): TemplateError {
  try {
    render(text, data, limits);
  } catch (error) {
    if (error instanceof TemplateError) {
      return error;
    }
    throw error;
  }
  throw new Error(`the template was rendered: ${text}`);
}

describe('renderTemplate', () => {
  it('renders text that is not ASCII', () => {
    expect(render('é{{ .x }}😀{{ len .x }}', { x: '你' })).toBe('é你😀3');
  });

  it('does not change the data of the caller', () => {
    const data = Object.freeze({ m: Object.freeze({ a: 1 }), l: Object.freeze(['b', 'a']) });
    expect(render('{{ $_ := set .m "a" 2 }}{{ $_ := unset .m "b" }}{{ $_ := merge . (dict "new" 1) }}{{ .m.a }}{{ .new }}', data)).toBe(
      '21',
    );
    expect(data).toEqual({ m: { a: 1 }, l: ['b', 'a'] });
  });

  it('treats a key whose value is undefined as a missing key', () => {
    expect(render('{{ hasKey . "a" }} {{ .a }} {{ .a.b }}', { a: undefined })).toBe('false <no value> <no value>');
  });

  it('reads only own properties of the data', () => {
    const data = Object.create({ inherited: 'secret' }) as Data;
    expect(render('{{ .inherited }}{{ .constructor }}{{ .__proto__ }}{{ index . "toString" }}', data)).not.toMatch(
      /secret|function|object/,
    );
    render(
      '{{ $d := dict "__proto__" (dict "polluted" "yes") }}{{ $_ := set . "__proto__" $d }}{{ $_ := merge . $d }}{{ $d.polluted }}',
      data,
    );
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('errors', () => {
  it('name the class, configuration, file, line and the refused function', () => {
    const error = failure('{\n\n{{ env "HOME" }}');
    expect(error.message).toBe(
      'class "oci", configuration "registry-config", file "config.json", line 3: function "env" is not available in templates: it reads the environment',
    );
    expect(error).toMatchObject({ code: 'FunctionNotAvailable', refused: 'env', line: 3 });
    expect(error).toMatchObject({ connectorClass: 'oci', configuration: 'registry-config', file: 'config.json' });
  });

  it.each([
    ['SyntaxInvalid', '\n{{ if }}', 2],
    ['SyntaxInvalid', '\n{{ if .a }}\n', 3],
    ['SyntaxInvalid', 'a\n{{ "x\n" }}', 2],
    ['SyntaxInvalid', '\n\n{{ .a.b-c }}', 3],
    ['FunctionNotAvailable', '{{ if false }}\n{{ nosuch }}{{ end }}', 2],
    ['FeatureNotAvailable', '{{/* a\nb */}}{{ printf "%#v" . }}', 2],
    ['EvaluationFailed', 'a\n{{- /* b */ -}}\n\n{{ fail "stop" }}', 4],
    ['EvaluationFailed', '{{ define "x" }}\n{{ upper 1 }}{{ end }}\n\n{{ template "x" }}', 2],
    ['EvaluationFailed', '{{ print\n  (upper .s)\n  (upper .n) }}', 3],
    ['EvaluationFailed', '\n{{ range .list }}\n{{ .x }}\n{{ end }}', 3],
    ['LimitExceeded', '\n{{ repeat 9999999 "x" }}', 2],
  ])('%s in %j is at line %i', (code, text, line) => {
    expect(failure(text, { list: [1], s: 'a', n: 1 })).toMatchObject({ code, line });
  });

  it('contain no value of the data', () => {
    const token = 'very-secret-token';
    const texts = [
      '{{ .token.x }}',
      '{{ len 1 .token }}',
      '{{ index . .token 1 }}',
      '{{ .token | trunc }}',
      '{{ add 1 | upper .token }}',
      '{{ template .token }}',
      '{{ eq .token 1 }}',
      '{{ urlParse .token | upper }}',
      '{{ .token | b64dec }}',
      '{{ mustFromJson .token }}',
      '{{ float64 .hex }}',
    ];
    for (const text of texts) {
      expect(failure(text, { token, hex: '0xabcdef' }).message).not.toMatch(/very-secret|0xabc/);
    }
  });

  it('show the message that the template passes to fail', () => {
    expect(failure('{{ fail "set configurations.project" }}').message).toContain('set configurations.project');
  });
});

describe('limits', () => {
  it('of the template', () => {
    expect(render('1234', {}, { templateBytes: 4 })).toBe('1234');
    expect(failure('123é', {}, { templateBytes: 4 }).code).toBe('LimitExceeded');
  });

  it('of the output', () => {
    expect(render('{{ range 4 }}x{{ end }}', {}, { outputBytes: 4 })).toBe('xxxx');
    expect(failure('{{ range 5 }}x{{ end }}', {}, { outputBytes: 4 }).code).toBe('LimitExceeded');
  });

  it('of numbers in the data', () => {
    expect(failure('', { a: 2 ** 60 }).refused).toBe('an integer beyond 2^53');
    expect(failure('', { a: Number.NaN }).refused).toBe('the number NaN');
  });

  const cycle = '{{ $d := dict }}{{ $_ := set $d "self" $d }}';
  const doubled = '{{ $l := list "xxxxxxxxxx" }}{{ range 60 }}{{ $l = list $l $l }}{{ end }}';

  it.each([
    ['an endless loop', '{{ range 999999999999 }}{{ end }}'],
    ['loops in loops', `${'{{ range 1000 }}'.repeat(4)}x${'{{ end }}'.repeat(4)}`],
    ['a recursion without end', '{{ define "x" }}{{ template "x" }}{{ end }}{{ template "x" }}'],
    [
      'a recursion that branches',
      '{{ define "x" }}{{ if . }}{{ template "x" (rest .) }}{{ template "x" (rest .) }}{{ end }}{{ end }}{{ template "x" (until 40) }}',
    ],
    ['a repeated text', '{{ repeat 2000000000 "x" }}'],
    ['a text that doubles', '{{ $s := "x" }}{{ range 60 }}{{ $s = print $s $s }}{{ end }}'],
    ['texts that are kept', '{{ $l := list }}{{ range 100000 }}{{ $l = append $l (repeat 100000 "x") }}{{ end }}'],
    ['a long list', '{{ until 2000000000 }}'],
    ['a sequence', '{{ seq 2000000000 }}'],
    ['an indentation', '{{ "a\\nb\\n" | repeat 10000 | indent 1000000 }}'],
    ['a replacement', '{{ repeat 100000 "a" | replace "a" (repeat 100000 "b") }}'],
    ['a replacement of nothing', '{{ repeat 100000 "a" | replace "" (repeat 100000 "b") }}'],
    ['a join', '{{ join (repeat 100000 "x") (until 10000) }}'],
    ['a wrapping', '{{ wrapWith 1 (repeat 100000 "x") (repeat 100000 "y") }}'],
    ['lists that double, printed', `${doubled}{{ $l }}`],
    ['lists that double, as JSON', `${doubled}{{ toJson $l }}`],
    ['lists that double, compared', `${doubled}{{ $m := deepCopy $l }}{{ deepEqual $l $m }}`],
    ['lists that double, escaped', `${doubled}{{ html $l }}`],
    ['a width', '{{ range 100000 }}{{ $x := printf "%10000d" 1 }}{{ end }}'],
    ['unique items of a long list', '{{ until 90000 | uniq }}'],
    ['a dict in itself, printed', `${cycle}{{ $d }}`],
    ['a dict in itself, as JSON', `${cycle}{{ toJson $d }}`],
    ['a dict in itself, copied', `${cycle}{{ $x := deepCopy $d }}`],
    ['a dict in itself, merged', `${cycle}{{ $e := dict }}{{ $_ := set $e "self" $e }}{{ $x := merge $d $e }}`],
    ['a dict in itself, compared', `${cycle}{{ $e := dict }}{{ $_ := set $e "self" $e }}{{ deepEqual $d $e }}`],
    ['parentheses', `{{ ${'('.repeat(5000)}1${')'.repeat(5000)} }}`],
    ['blocks', `${'{{ if 1 }}'.repeat(5000)}${'{{ end }}'.repeat(5000)}`],
    ['else after else', `{{ if 0 }}${'{{ else if 0 }}'.repeat(5000)}{{ end }}`],
    ['blocks of templates', `${'{{ block "x" . }}'.repeat(5000)}${'{{ end }}'.repeat(5000)}`],
  ])('of evaluation: %s', (_name, text) => {
    expect(failure(text).code).toBe('LimitExceeded');
  });

  it('of time: no function takes quadratic time', () => {
    const many = 200_000;
    const inputs = [
      `${' '.repeat(many)}x{{- 1 }}`,
      `{{ base .slashes }}`,
      '{{ float64 .digits }}',
      '{{ int .zeros }}',
      '{{ snakecase .capitals }}',
      '{{ urlParse .capitals }}',
      '{{ dir .slashes }}',
      '{{ ext .dots }}',
    ];
    const data = {
      slashes: `${'/'.repeat(many)}x`,
      digits: `${'9'.repeat(many)}x`,
      zeros: `.${'0'.repeat(many)}x`,
      capitals: 'A'.repeat(many),
      dots: '.'.repeat(many),
    };
    for (const input of inputs) {
      expect(render(input, data).length).toBeGreaterThan(0);
    }
  });

  it('of nesting in JSON', () => {
    expect(failure('{{ fromJson .x }}', { x: '['.repeat(5000) + ']'.repeat(5000) }).refused).toMatch(/^JSON nested/);
  });
});

describe('the allow-list', () => {
  it('contains no function that is refused', () => {
    for (const name of REFUSED_FUNCTIONS.keys()) {
      expect(FUNCTIONS.has(name)).toBe(false);
    }
  });

  it.each([...REFUSED_FUNCTIONS])('refuses %s even where it is never called', (name, reason) => {
    const error = failure(`{{ if false }}{{ ${name} }}{{ end }}`);
    expect(error).toMatchObject({ code: 'FunctionNotAvailable', refused: name });
    expect(error.message).toContain(reason);
  });

  it('treats names of JavaScript properties as unknown functions', () => {
    for (const name of ['constructor', 'valueOf', '__proto__', 'hasOwnProperty']) {
      expect(failure(`{{ ${name} }}`).refused).toBe(name);
    }
  });
});

describe('any input', () => {
  const words = [
    '{{',
    '}}',
    '{{-',
    '-}}',
    ' ',
    '\n',
    '.',
    '$',
    '$x',
    ':=',
    '=',
    '|',
    '(',
    ')',
    '"',
    '`',
    "'",
    '\\',
    ',',
    '/*',
    '*/',
    '0x',
    '1e9',
    'if ',
    'else ',
    'end',
    'range ',
    'with ',
    'define "x"',
    'template "x" .',
    'block "x" .',
    'break',
    'nil',
    'true',
    '.a',
    '.l',
    'printf "%v %5.2f" ',
    'é',
    '\0',
    ...FUNCTIONS.keys(),
  ];
  const templates = fc
    .array(fc.oneof(fc.constantFrom(...words), fc.string({ unit: 'binary', maxLength: 3 })), { maxLength: 40 })
    .map((parts) => parts.join(''));
  /** Calls of functions with arbitrary arguments. */
  const calls = fc
    .tuple(
      fc.constantFrom(...FUNCTIONS.keys()),
      fc.array(
        fc.oneof(
          fc.constantFrom('.', '.a', '.l', '.m', '.x', 'nil', 'true', '1.5', '-1', '(list 1 nil)', '(dict "a" 1)'),
          fc.integer().map(String),
          fc.string().map((text) => JSON.stringify(text)),
        ),
        { maxLength: 4 },
      ),
    )
    .map(([name, args]) => `{{ ${name} ${args.join(' ')} }}`);
  const data = { a: 'text', l: [1, 'x', null], m: { k: 'v' } };

  it.each([
    ['text', fc.string({ unit: 'binary', maxLength: 200 })],
    ['words of the language', templates],
    ['calls of functions', calls],
  ])('gives a text or a TemplateError: %s', (_name, texts) => {
    fc.assert(
      fc.property(texts, (text) => {
        try {
          expect(typeof render(text, data, { steps: 20_000 })).toBe('string');
        } catch (error) {
          expect(error).toBeInstanceOf(TemplateError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('is returned unchanged when it has no delimiter', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('{{')),
        (text) => expect(render(text)).toBe(text),
      ),
    );
  });

  it('survives toJson and fromJson unchanged', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string({ unit: 'grapheme' })), (values) => {
        expect(JSON.parse(render('{{ .values | toJson | fromJson | toRawJson }}', { values }))).toEqual({ ...values });
      }),
    );
  });
});

describe('checkTemplate', () => {
  it('says what is wrong with a text, and in which line, without data', () => {
    expect(checkTemplate('config.json', '{{ .connector.spec.address }}')).toBeUndefined();
    expect(checkTemplate('config.json', 'a\n{{ if .x }}\nb')).toMatchObject({ line: 3 });
    expect(checkTemplate('config.json', 'a\n{{ env "HOME" }}')).toMatchObject({
      line: 2,
      message: expect.stringContaining('function "env" is not available') as string,
    });
  });
});
