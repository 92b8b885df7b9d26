import path from 'node:path';
import { runCommand } from '../test/captured-world';
import { useDirectory } from '../test/test-worlds';

const ROOT = path.join(__dirname, '../../..');

const directory = useDirectory();

/** Runs the command, and returns its lines with only the base name of the file. */
async function lint(...texts: string[]): Promise<{ status: number; lines: string[]; stderr: string }> {
  const files = texts.map((text, index) => directory.write(`${index + 1}.yaml`, text));
  const { status, stdout, stderr } = await runCommand(['lint', ...files.flatMap((file) => ['-f', file])]);
  return { status, stderr, lines: stdout.replaceAll(`${directory.path}/`, '').trim().split('\n') };
}

const CLASS = (spec: string, name = 'tool'): string =>
  `apiVersion: connectors.alauda.io/v1alpha1\nkind: ConnectorClass\nmetadata:\n  name: ${name}\nspec:\n${indented(spec)}`;
const CONNECTOR = (spec: string): string =>
  `apiVersion: connectors.alauda.io/v1alpha1\nkind: Connector\nmetadata: {name: one, namespace: team}\nspec:\n${indented(spec)}`;

function indented(text: string): string {
  return text
    .trim()
    .split('\n')
    .map((line) => `  ${line}\n`)
    .join('');
}

const AUTH = `
auth:
  types:
    - name: basicAuth
      secretType: kubernetes.io/basic-auth`;

const TOOL = CLASS(`protocol: oci${AUTH}\nparams:\n  - name: colour\n    enum: [red, blue]\n    default: red`);

const SECRET = `apiVersion: v1
kind: Secret
metadata: {name: login, namespace: team}
type: Opaque
stringData: {username: robot, password: pw-that-nobody-may-see}
`;

/** Broken files, and the lines that the command prints about them. */
const BROKEN: Readonly<Record<string, readonly [texts: readonly string[], lines: readonly (string | RegExp)[]]>> = {
  'a field is unknown': [
    [CLASS(`protocol: oci\ncolour: red`)],
    ['1.yaml:7: ConnectorClass tool: spec.colour is not a known field; correct its name or remove it'],
  ],
  'a field is missing': [[CONNECTOR('connectorClassName: oci')], [/^1.yaml:4: Connector one: spec.address is required$/]],
  'a value has another type': [[CONNECTOR('connectorClassName: oci\naddress: 7')], [/^1.yaml:6: Connector one: spec.address must /]],
  'a value is not allowed': [[CLASS('protocol: ftp')], [/^1.yaml:6: ConnectorClass tool: spec.protocol must be one of/]],
  'the version of the API is another one': [
    [TOOL.replace('v1alpha1', 'v2')],
    ['1.yaml:1: ConnectorClass tool: apiVersion must be connectors.alauda.io/v1alpha1'],
  ],
  'the kind is misspelt': [
    [TOOL.replace('ConnectorClass', 'ConectorClass')],
    ['1.yaml:2: ConectorClass tool: kind must be Connector or ConnectorClass'],
  ],
  'a probe is for an authentication type that the class does not have': [
    [CLASS(`protocol: oci${AUTH}\nauthProbes:\n  - authName: tokenAuth\n    probe: {}`)],
    ['1.yaml:11: ConnectorClass tool: spec.authProbes must have an authName that is the name of one of spec.auth.types'],
  ],
  'an expression does not compile': [
    [CLASS(`livenessProbe:\n  http:\n    path: /\n    response:\n      cel: response.status = 200`)],
    [/^1.yaml:10: ConnectorClass tool: spec.livenessProbe.http.response.cel cannot be evaluated: /],
  ],
  'an expression uses an unknown variable': [
    [
      CLASS(
        `${AUTH.trim()}\nauthProbes:\n  - authName: basicAuth\n    probe:\n      http:\n        path: /\n        response: {cel: answer.statusCode == 200}`,
      ),
    ],
    [/^1.yaml:15: ConnectorClass tool: spec.authProbes\[0\].probe.http.response.cel cannot be evaluated: Unknown variable: answer/],
  ],
  'a template does not end its blocks': [
    [CLASS('configurations:\n  - name: npm\n    data:\n      .npmrc: |\n        registry=x\n        {{ if .connector }}\n        token')],
    [/^1.yaml:1[23]: ConnectorClass tool: spec.configurations\[0\].data..npmrc is not a template: line [34]: /],
  ],
  'a template uses a function that is refused': [
    [CLASS('configurations:\n  - name: npm\n    data:\n      .npmrc: |\n        registry=x\n        token={{ env "HOME" }}')],
    [/^1.yaml:11: ConnectorClass tool: spec.configurations\[0\].data..npmrc is not a template: line 2: function "env" is not available/],
  ],
  'a configuration has a file that cannot be written': [
    [CLASS('configurations:\n  - name: npm\n    data:\n      ../etc/passwd: x')],
    [/^1.yaml:9: ConnectorClass tool: spec.configurations\[0\].data.* (file|name)/],
  ],
  'the class needs Rego': [
    [CLASS('protocol: oci\nauth:\n  types:\n    - name: a\n      generator: {rego: package proxy}')],
    [
      '1.yaml:5: ConnectorClass tool: spec cannot be served: the class contains Rego (generator or authExtractor), which this version does not run',
    ],
  ],
  'the proxy of the class is another one': [
    [CLASS('protocol: oci\nproxy: {ref: {kind: Service, name: other, namespace: connectors-system}}')],
    [/^1.yaml:5: ConnectorClass tool: spec cannot be served: spec.proxy must name this installation's proxy/],
  ],
  'a parameter is not declared by the class, in another file': [
    [
      TOOL,
      CONNECTOR(`connectorClassName: tool\naddress: https://a.test\nauth: {name: basicAuth}\nparams:\n  - name: shape\n    value: round`),
    ],
    ['2.yaml:9: Connector one: spec.params[0].name must be colour, as the class declares'],
  ],
  'the authentication type is not one of the class': [
    [`${TOOL}---\n${CONNECTOR(`connectorClassName: tool\naddress: https://a.test\nauth:\n  name: tokenAuth`)}`],
    ['1.yaml:23: Connector one: spec.auth.name must be basicAuth, as the class declares'],
  ],
  'the Secret has another type than the class requires': [
    [TOOL, SECRET, CONNECTOR('connectorClassName: tool\naddress: https://a.test\nauth:\n  name: basicAuth\n  secretRef: {name: login}')],
    [/^3.yaml:9: Connector one: spec.auth.secretRef cannot be used: Secret "login" has type "Opaque".*kubernetes.io\/basic-auth/],
  ],
  'the Secret is in another namespace': [
    [
      CONNECTOR(
        'connectorClassName: tool\naddress: https://a.test\nauth:\n  name: basicAuth\n  secretRef:\n    name: login\n    namespace: other',
      ),
    ],
    [/^1.yaml:11: Connector one: spec.auth.secretRef.namespace must be the namespace of the Connector/],
  ],
  'two objects have one name': [
    [TOOL, TOOL],
    ['2.yaml:4: ConnectorClass tool: metadata.name is already the name of the object in 1.yaml:4; give it another name, or remove one'],
  ],
  'the text is not YAML': [[`${TOOL}---\na: [1\n`], [/^1.yaml:\d+: not valid YAML: /]],
  'an alias has no anchor': [
    [CONNECTOR('connectorClassName: tool\naddress: *absent')],
    ['1.yaml:6: not valid YAML: the alias *absent has no anchor before it'],
  ],
  'an alias is inside of its anchor': [
    [CONNECTOR('connectorClassName: tool\naddress: https://a.test\nauth: &auth\n  name: *auth')],
    ['1.yaml:8: not valid YAML: the alias *auth is inside of its own anchor'],
  ],
  'aliases multiply a text': [
    [`a: &a [${'x, '.repeat(30)}x]\nb: &b [${'*a, '.repeat(30)}*a]\nc: &c [${'*b, '.repeat(30)}*b]\nd: [${'*c, '.repeat(30)}*c]\n`],
    [/^1.yaml:1: not valid YAML: Excessive alias count/],
  ],
  'a class has no spec': [
    [CLASS('protocol: oci').replace(/spec:[^]*/, ''), CONNECTOR('connectorClassName: tool\naddress: https://a.test')],
    ['1.yaml:1: ConnectorClass tool: spec is required'],
  ],
  'a field is null': [
    [CLASS('protocol: oci\nproxy:\nauth: {types: [{name: a, secretType: null}]}')],
    [
      '1.yaml:7: ConnectorClass tool: spec.proxy is null; give it a value, or remove the field',
      '1.yaml:8: ConnectorClass tool: spec.auth.types[0].secretType is null; give it a value, or remove the field',
    ],
  ],
  'an object has no name': [
    [TOOL.replace('name: tool', 'labels: {}')],
    ['1.yaml:3: ConnectorClass without a name: metadata must be an object with a name'],
  ],
  'a Secret has no values': [
    [
      TOOL,
      SECRET.replace('Opaque', 'kubernetes.io/basic-auth').replace(/stringData: .*/, 'stringData: null'),
      CONNECTOR('connectorClassName: tool\naddress: https://a.test\nauth:\n  name: basicAuth\n  secretRef: {name: login}'),
    ],
    [/^3.yaml:9: Connector one: spec.auth.secretRef cannot be used: Secret "login" .*key/],
  ],
  'a key occurs twice': [
    [CONNECTOR('connectorClassName: tool\nconnectorClassName: oci\naddress: https://a.test')],
    [/^1.yaml:6: not valid YAML: Map keys must be unique/],
  ],
};

describe('connectors lint', () => {
  it.each(Object.entries(BROKEN))('reports that %s', async (_name, [texts, expected]) => {
    const { status, lines } = await lint(...texts);
    const problems = lines.slice(0, -1);
    expect(problems).toHaveLength(expected.length);
    expected.forEach((line, index) =>
      typeof line === 'string' ? expect(problems[index]).toBe(line) : expect(problems[index]).toMatch(line),
    );
    expect(lines.at(-1)).toMatch(new RegExp(`^\\d objects?, ${expected.length} problems?$`));
    expect(lines.join('\n')).not.toContain('pw-that-nobody-may-see');
    expect(status).toBe(1);
  });

  it('reports all problems of all files together', async () => {
    const { lines } = await lint(
      CLASS('protocol: ftp\nconfigurations:\n  - name: a\n    data:\n      f: "{{ }"'),
      CONNECTOR('connectorClassName: tool'),
    );
    expect(lines.map((line) => line.split(':', 2).join(':'))).toEqual(['1.yaml:6', '1.yaml:10', '2.yaml:4', '2 objects, 3 problems']);
  });

  it('reads Lists, and ignores other kinds', async () => {
    const item = CONNECTOR('connectorClassName: tool\naddress: https://a.test\ncolour: red');
    const list = `apiVersion: v1\nkind: List\nitems:\n- ${item.trim().replaceAll('\n', '\n  ')}\n- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n`;
    const { status, lines } = await lint(list);
    expect(lines).toEqual([
      '1.yaml:10: Connector one: spec.colour is not a known field; correct its name or remove it',
      '1 object, 1 problem',
    ]);
    expect(status).toBe(1);
  });

  it('finds no problem in the class and the examples that ship, except the certificate that the user must insert', async () => {
    const files = ['deploy/chart/files/class-oci.yaml', 'deploy/examples'].flatMap((file) => ['-f', path.join(ROOT, file)]);
    const { status, stdout, stderr } = await runCommand(['lint', ...files, '-o', 'json']);
    const { objects, problems } = JSON.parse(stdout) as { objects: number; problems: Record<string, unknown>[] };
    expect({ status, stderr, objects }).toEqual({ status: 1, stderr: '', objects: 9 });
    expect(problems).toEqual([
      {
        file: 'deploy/examples/private-ca.yaml',
        line: 25,
        object: 'Connector internal-registry',
        rule: 'secrets-of-connector',
        path: 'spec.caCertSecretRef',
        message: expect.stringContaining('key "ca.crt" is not a list of certificates in PEM') as string,
      },
    ]);
  });

  it('passes without a problem', async () => {
    const { status, lines } = await lint(TOOL, CONNECTOR('connectorClassName: elsewhere\naddress: https://a.test'));
    expect({ status, lines }).toEqual({ status: 0, lines: ['2 objects, no problems'] });
  });

  it.each([
    [['lint'], /^no file is given; name one with -f FILE\nsee connectors --help\n$/],
    [['lint', '-f', '/absent.yaml'], /^--filename: cannot read \/absent.yaml: there is no such file\nsee /],
  ])('%j exits with status 2', async (args, message) => {
    const { status, stdout, stderr } = await runCommand(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it('exits with status 2 when the files have no object of this API', async () => {
    const { status, stderr } = await lint('apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n');
    expect(status).toBe(2);
    expect(stderr).toMatch(/^there is no Connector and no ConnectorClass in .*1.yaml\n$/);
  });
});
