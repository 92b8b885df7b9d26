import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { accepts } from '../processes/accepts';
import { runCommand } from '../processes/run-command';
import { newAccount, registryDirectory, startDistribution, tlsFiles, type Registry, type RegistryContext } from './registries';
import { toolPath } from './toolchain';
import { OUTSIDE_ADDRESS } from './world';

const NAME = 'public-read';
const HOST = 'public-read.registry.example';
const PORT = 443;
/** On this port `/v2/` requires a login, too: most clients log in only if it does. */
const DIRECT_PORT = 8443;

/**
 * Starts a registry with anonymous read access, to which only an account may write: distribution without authentication behind nginx,
 * whose `limit_except` requires Basic. zot behaves the same with an anonymous policy that allows `read`.
 */
export async function startPublicRead(context: RegistryContext): Promise<Registry> {
  const upstream = await startDistribution(context, { name: `${NAME}-distribution`, host: HOST, tool: 'registry', scheme: 'http' });
  const directory = await registryDirectory(context, NAME);
  const account = newAccount('writer');
  const users = path.join(directory, 'htpasswd');
  await writeFile(users, await runCommand(['htpasswd', '-nbm', account.username, account.password]));
  const tls = await tlsFiles(context, directory, [HOST]);
  const file = path.join(directory, 'nginx.conf');
  await writeFile(file, configurationText({ directory, users, tls, upstream }));
  await context.group.start({
    name: NAME,
    command: [toolPath('nginx'), '-c', file],
    env: {},
    ready: () => accepts(OUTSIDE_ADDRESS[HOST], DIRECT_PORT),
  });
  return { name: NAME, address: `https://${HOST}`, directAddress: `https://${HOST}:${DIRECT_PORT}`, account };
}

interface ConfigurationParts {
  readonly directory: string;
  readonly users: string;
  readonly tls: { readonly cert: string; readonly key: string };
  readonly upstream: string;
}

/**
 * nginx keeps its connections to distribution open. On a connection that ends with the response, distribution does not read a body that it
 * has no use for: it resets the connection, and nginx, still sending, answers 502 now and then instead of the registry's response.
 */
function configurationText({ directory, users, tls, upstream }: ConfigurationParts): string {
  const login = `auth_basic "registry"; auth_basic_user_file ${users};`;
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${directory}/${kind};`);
  const server = (port: number, ping = ''): string => `
  server {
    listen ${OUTSIDE_ADDRESS[HOST]}:${port} ssl;
    ${ping}
    location / { limit_except GET { ${login} } proxy_pass http://distribution; }
  }`;
  return `
daemon off; user root; worker_processes 1; pid ${directory}/nginx.pid; error_log stderr;
events { worker_connections 1024; }
http {
  access_log off; client_max_body_size 0; ${temporary.join(' ')}
  ssl_certificate ${tls.cert}; ssl_certificate_key ${tls.key};
  proxy_http_version 1.1; proxy_request_buffering off; proxy_buffering off;
  proxy_set_header Connection ""; proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto https; proxy_set_header Authorization "";
  upstream distribution { server ${new URL(upstream).host}; keepalive 16; }
${server(PORT)}
${server(DIRECT_PORT, `location = /v2/ { ${login} proxy_pass http://distribution; }`)}
}
`;
}
