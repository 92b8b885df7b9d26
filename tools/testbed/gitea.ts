import { chown, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { accepts } from '../processes/accepts';
import { runCommand } from '../processes/run-command';
import { newAccount, registryDirectory, tlsFiles, type Registry, type RegistryContext } from './registries';
import { assetsPath, toolPath } from './toolchain';
import { OUTSIDE_ADDRESS } from './world';

const NAME = 'gitea';
const HOST = 'gitea.registry.example';
const PORT = 3000;

/** Gitea refuses to run as root. This user exists on every Debian system, and owns nothing. */
const USER = { name: 'nobody', uid: 65_534, gid: 65_534 } as const;

/** The user who owns all repositories: the first part of every repository name. */
const OWNER = 'ci';

/**
 * Starts a real Gitea. Its token server is on the registry's own origin and gets requests for the scope `*`; a second header line offers
 * Basic. It serves as two registries: in one the account has a password, as users have, in the other an access token, as robots have.
 */
export async function startGitea(context: RegistryContext): Promise<Registry[]> {
  const directory = await registryDirectory(context, NAME);
  const { program, assets } = await toolsFor(context);
  const tls = await tlsFiles(context, directory, [HOST]);
  const configuration = path.join(directory, 'app.ini');
  await writeFile(configuration, configurationText({ directory, assets, tls }));
  for (const file of [directory, configuration, tls.cert, tls.key]) {
    await chown(file, USER.uid, USER.gid);
  }
  const gitea = (...args: string[]): [string, ...string[]] => [
    ...(['setpriv', `--reuid=${USER.uid}`, `--regid=${USER.gid}`, '--clear-groups', program] as const),
    ...args,
    `--config=${configuration}`,
  ];
  const options = { env: { PATH: '/usr/bin:/bin', HOME: directory, USER: USER.name }, cwd: directory };
  await context.group.start({ ...options, name: NAME, command: gitea('web'), ready: () => accepts(OUTSIDE_ADDRESS[HOST], PORT) });
  const account = newAccount(OWNER);
  const login = [`--username=${OWNER}`, `--password=${account.password}`, `--email=${OWNER}@example.com`];
  await runCommand(gitea('admin', 'user', 'create', ...login, '--must-change-password=false'), options);
  const grant = ['--token-name=robot', '--scopes=write:package', '--raw'];
  const token = await runCommand(gitea('admin', 'user', 'generate-access-token', `--username=${OWNER}`, ...grant), options);
  const address = `https://${HOST}:${PORT}`;
  return [
    { name: NAME, address, account, owner: OWNER },
    { name: `${NAME}-token`, address, account: { username: OWNER, password: token.trim() }, owner: OWNER, outsideMatrix: true },
  ];
}

/** Returns paths of the program and its assets that its user may read: only root may read the cache of the tools. */
async function toolsFor(context: RegistryContext): Promise<{ program: string; assets: string }> {
  const tools = await registryDirectory(context, `${NAME}-tools`);
  await runCommand(['mount', '--bind', path.dirname(toolPath('gitea')), tools]);
  return { program: path.join(tools, path.basename(toolPath('gitea'))), assets: path.join(tools, path.basename(assetsPath('gitea'))) };
}

interface ConfigurationParts {
  readonly directory: string;
  readonly assets: string;
  readonly tls: { readonly cert: string; readonly key: string };
}

function configurationText({ directory, assets, tls }: ConfigurationParts): string {
  return `
RUN_USER = ${USER.name}
WORK_PATH = ${directory}
[server]
PROTOCOL = https
CERT_FILE = ${tls.cert}
KEY_FILE = ${tls.key}
HTTP_ADDR = ${OUTSIDE_ADDRESS[HOST]}
HTTP_PORT = ${PORT}
ROOT_URL = https://${HOST}:${PORT}/
STATIC_ROOT_PATH = ${assets}
DISABLE_SSH = true
OFFLINE_MODE = true
[database]
DB_TYPE = sqlite3
PATH = ${path.join(directory, 'gitea.db')}
[security]
INSTALL_LOCK = true
SECRET_KEY = nothing-is-kept
[service]
REQUIRE_SIGNIN_VIEW = true
[packages]
ENABLED = true
[log]
MODE = console
LEVEL = info
`;
}
