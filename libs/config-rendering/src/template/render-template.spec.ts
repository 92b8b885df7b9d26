import { renderTemplate, TemplateError } from '../index';

const at = (text: string) => ({ connectorClass: 'oci', configuration: 'registry-config', file: 'config.json', text });

function failure(text: string, data = {}): TemplateError {
  try {
    renderTemplate(at(text), data);
  } catch (error) {
    return error as TemplateError;
  }
  throw new Error('was rendered');
}

describe('renderTemplate', () => {
  it('renders data', () => {
    const text = 'Authorization: Basic {{ printf ":%s" .context.token | b64enc }}\n{{- range $i, $c := .connectors }}\n{{ $i }}={{ $c.name | quote }}{{ end }}';
    const rendered = renderTemplate(at(text), { context: { token: 'abc' }, connectors: [{ name: 'a' }, { name: 'b' }] });
    expect(rendered).toBe('Authorization: Basic OmFiYw==\n0="a"\n1="b"');
  });

  it('names class, configuration, file, line and the refused function', () => {
    const error = failure('{\n\n{{ env "HOME" }}');
    expect(error).toBeInstanceOf(TemplateError);
    expect(error.message).toBe(
      'class "oci", configuration "registry-config", file "config.json", line 3: function "env" is not available in templates: it reads the environment',
    );
    expect(error).toMatchObject({ code: 'FunctionNotAvailable', refused: 'env', line: 3, file: 'config.json' });
  });
});
