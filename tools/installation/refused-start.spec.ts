import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCommand, tryCommand } from '../processes/run-command';
import { workspaceRoot } from '../processes/workspace';

const PROGRAMS = ['controller', 'proxy', 'csi'] as const;
type Program = (typeof PROGRAMS)[number];

/** Three bundles take five seconds; the limit ends what hangs, it does not judge a machine that is busy. */
const BUNDLING_MS = 600_000;

/** The API server of this one is never asked: all that is tested here ends a program before. */
const KUBECONFIG = `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: http://127.0.0.1:1}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
users: [{name: u, user: {token: t}}]
current-context: c
`;

describe('a program whose configuration leads nowhere ends with status 2, and says what to do', () => {
  let directory: string;
  const file = (name: string): string => path.join(directory, name);

  beforeAll(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'refused-start-'));
    const bundler = path.join(workspaceRoot, 'tools/bundle.mjs');
    const code = `const { bundle } = await import(${JSON.stringify(bundler)});
      const [, directory, ...programs] = process.argv;
      await Promise.all(programs.map((name) => bundle({ entry: 'apps/' + name + '/src/main.ts', outfile: directory + '/' + name + '.js' })));`;
    const command = [process.execPath, '--input-type=module', '-e', code, directory, ...PROGRAMS] as const;
    await runCommand([...command], { cwd: workspaceRoot, timeout: BUNDLING_MS });
    writeFileSync(file('kubeconfig'), KUBECONFIG);
    writeFileSync(file('broken'), 'clusters: {}');
    writeFileSync(file('no-certificate'), 'none');
  }, BUNDLING_MS);

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  /** Runs the program with nothing but these variables; no file of this machine is a kubeconfig by chance. */
  async function start(
    program: Program,
    environment: Record<string, string>,
  ): Promise<{ status: number | null; stdout: string; stderr: string }> {
    return tryCommand([process.execPath, file(`${program}.js`)], { cwd: directory, env: { HOME: directory, ...environment } });
  }

  const INSTALLATION = ['controller', 'proxy'] as const;
  const cases: [string, readonly Program[], () => Record<string, string>, readonly string[]][] = [
    [
      'without any kubeconfig',
      PROGRAMS,
      () => ({}),
      ['OCI_CONNECTOR_KUBECONFIG: No kubeconfig and no ServiceAccount of a pod found; set KUBECONFIG to the path of a kubeconfig file'],
    ],
    [
      'with the path of a kubeconfig that is not there',
      PROGRAMS,
      () => ({ OCI_CONNECTOR_KUBECONFIG: file('absent') }),
      ['OCI_CONNECTOR_KUBECONFIG: ', 'absent cannot be read (ENOENT)'],
    ],
    [
      'with a KUBECONFIG that is none',
      PROGRAMS,
      () => ({ KUBECONFIG: file('broken') }),
      ['OCI_CONNECTOR_KUBECONFIG: ', 'broken: clusters must be a list'],
    ],
    [
      'with several problems, all of them together',
      INSTALLATION,
      () => ({ OCI_CONNECTOR_CA_BUNDLE: file('absent.pem') }),
      [
        'OCI_CONNECTOR_KUBECONFIG: No kubeconfig',
        'OCI_CONNECTOR_CA_BUNDLE: ',
        'absent.pem cannot be read (ENOENT); set it to a file that the program may read',
      ],
    ],
    [
      'with a bundle that has no certificate',
      INSTALLATION,
      () => ({ KUBECONFIG: file('kubeconfig'), OCI_CONNECTOR_CA_BUNDLE: file('no-certificate') }),
      ['OCI_CONNECTOR_CA_BUNDLE: ', 'does not begin with a certificate in PEM'],
    ],
    [
      'with ranges that are none',
      INSTALLATION,
      () => ({ OCI_CONNECTOR_EGRESS_ALLOW_CIDRS: '127.0.0.1/32,10.0.0.0/99', OCI_CONNECTOR_EGRESS_REDIRECT_CIDRS: '1.2.3/8' }),
      ['OCI_CONNECTOR_EGRESS_ALLOW_CIDRS: must be a list of ranges', 'OCI_CONNECTOR_EGRESS_REDIRECT_CIDRS: must be a list of ranges'],
    ],
    [
      "without the kubelet's directory",
      ['csi'],
      () => ({
        KUBECONFIG: file('kubeconfig'),
        OCI_CONNECTOR_CSI_KUBELET_DIRECTORY: file('absent'),
        OCI_CONNECTOR_CSI_SOCKET: file('csi.sock'),
      }),
      ['OCI_CONNECTOR_CSI_KUBELET_DIRECTORY: ', "absent cannot be used (ENOENT); set it to the kubelet's --root-dir"],
    ],
  ];

  it.each(cases.flatMap(([what, programs, ...rest]) => programs.map((program) => [program, what, ...rest] as const)))(
    'connectors-%s %s',
    async (program, _what, environment, says) => {
      const { status, stdout, stderr } = await start(program, environment());
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      for (const text of says) {
        expect(stderr).toContain(text);
      }
      expect(stderr).toMatch(new RegExp(`^connectors-${program}: invalid configuration:\\n[^]*\\nsee connectors-${program} --help\\n$`));
    },
  );
});
