import { Sensitive } from '@oci-connector/sensitive';
import { aClassWith, aServedConnector, aVolume, mounted } from '../../test/volume-fixture';
import { renderVolume } from './render-volume';
import { RenderingError } from './rendering.errors';
import { otherToken } from './template-failure';
import { VOLUME_BYTES_MAX } from './volume-size';

/** As long as the tokens that Kubernetes issues, and longer than the part of a message of `fail` that an error shows. */
const LONG_TOKEN = `eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.${'eyJhdWQiOlsiY29ubmVjdG9ycy1wcm94eSJdfQ'.repeat(20)}.${'c2lnbmF0dXJl-_0123'.repeat(20)}`;

function failureOf(data: Record<string, string>): RenderingError {
  const connectorClass = aClassWith('tool', [{ name: 'settings', data }]);
  const connectors = [mounted(aServedConnector('hub'), connectorClass)];
  try {
    renderVolume(aVolume({ connectors, configurationNames: ['settings'], token: new Sensitive(LONG_TOKEN) }));
  } catch (error) {
    if (error instanceof RenderingError) {
      return error;
    }
    throw error;
  }
  throw new Error('the volume was rendered');
}

describe('the error of a failing template reveals nothing about the token', () => {
  const [, payload = '', signature = ''] = LONG_TOKEN.split('.');

  it.each([
    ['the whole token', '{{ fail .context.token }}'],
    ['its end', '{{ fail (trunc -300 .context.token) }}'],
    ['a part in capitals', '{{ fail (upper (substr 40 44 .context.token)) }}'],
    ['encoded', '{{ fail (printf "connectors:%s" .context.token | b64enc | trunc -200) }}'],
    ['reversed, as a list', '{{ fail (splitList "" .context.token | reverse | join ",") }}'],
    ['as a checksum', '{{ fail (sha256sum .context.token) }}'],
    ['a byte, as an index out of range', '{{ index (list) (index .context.token 3) }}'],
    ['a byte, as the line', '{{ if eq (index .context.token 3) 104 }}\n\n{{ fail "x" }}{{ end }}\n{{ fail "x" }}'],
    ['a condition on its first characters', '{{ if hasPrefix "eyJ" .context.token }}{{ fail "yes" }}{{ end }}'],
  ])('%s', (_what, file) => {
    const error = failureOf({ file });
    expect(error.code).toBe('TemplateFailed');
    expect(error.message).toBe(
      'class "tool", configuration "settings", file "file": the template fails with a message that depends on the token, which is not shown',
    );
    expect(error.cause).toBeUndefined();
  });

  it('but a message that does not depend on the token is shown', () => {
    expect(failureOf({ file: '\n{{ if .context.token }}{{ fail "set configurations.project" }}{{ end }}' }).message).toBe(
      'class "tool", configuration "settings", file "file", line 2: fail: set configurations.project',
    );
  });

  it('not even by the size of its files', () => {
    const error = failureOf({
      one: '{{ repeat 1000000 "x" }}',
      two: '{{ repeat 1000000 "x" }}',
      three: '{{ repeat (mul 2000 (index .context.token 3) | int) "x" }}',
    });
    expect(error.code).toBe('VolumeTooLarge');
    expect(error.message.match(/\d+/g)).toEqual([String(VOLUME_BYTES_MAX)]);
  });

  it('because the message is compared with that for a token that differs in every character', () => {
    const other = otherToken(new Sensitive(LONG_TOKEN)).reveal();
    expect(other).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(other).toHaveLength(LONG_TOKEN.length);
    const alike = [...other].filter(
      (character, index) => character !== '.' && character.toLowerCase() === LONG_TOKEN.charAt(index).toLowerCase(),
    );
    expect(alike).toEqual([]);
    expect(payload.length + signature.length).toBeGreaterThan(1_000);
  });
});

describe('the limits apply to all files of a volume together', () => {
  const files = (count: number, template: string): Record<string, string> =>
    Object.fromEntries(Array.from({ length: count }, (_item, index) => [`file-${String(index).padStart(2, '0')}`, template]));

  it('of size: further files are not rendered', () => {
    expect(failureOf({ ...files(3, '{{ repeat 1000000 "x" }}'), 'file-99': '{{ fail "rendered" }}' }).code).toBe('VolumeTooLarge');
  });

  it('of evaluation', () => {
    const error = failureOf(files(60, '{{ range 4000 }}{{ end }}'));
    expect(error.code).toBe('TemplateFailed');
    expect(error.message).toMatch(/file "file-\d\d", line 1: limit exceeded: more than 200000 steps of evaluation$/);
  });

  it('of parsing', () => {
    expect(failureOf(files(60, `{{/*${'x'.repeat(60_000)}*/}}`)).message).toContain('more than 200000 steps of evaluation');
  });
});
