import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { startTokenServer, type Account } from './docker-token-server';
import { registryDirectory, startDistribution, type RegistryContext } from './registries';
import { OUTSIDE_ADDRESS } from './world';

/** A replacement for Docker Hub: a registry with both names of Docker Hub, and its token server. */
export interface DockerHub {
  /** Host name of the registry. */
  readonly host: string;
  readonly account: Account;
}

const REALM_HOST = 'auth.docker.io';
const HTTPS_PORT = 443;

/**
 * Starts a registry of the distribution project as index.docker.io and registry-1.docker.io, with tokens from
 * https://auth.docker.io/token for the service registry.docker.io. Clients without a credential may pull, as from Docker Hub. Repository
 * names with one component do not exist; such images are in library/.
 */
export async function startDockerHub(context: RegistryContext, account: Account): Promise<DockerHub> {
  const name = 'docker-hub';
  const tokenServer = await startTokenServer({
    host: REALM_HOST,
    address: OUTSIDE_ADDRESS[REALM_HOST],
    port: HTTPS_PORT,
    issuer: REALM_HOST,
    account,
    anonymousPull: true,
    tls: await context.authority.issue({ names: [REALM_HOST] }),
  });
  context.closing.push(() => tokenServer.close());
  const rootcertbundle = path.join(await registryDirectory(context, name), 'token-signer.crt');
  await writeFile(rootcertbundle, tokenServer.signingCertificate);
  const host = 'registry-1.docker.io';
  const auth = { token: { realm: tokenServer.realm, service: 'registry.docker.io', issuer: REALM_HOST, rootcertbundle } };
  await startDistribution(context, { name, host, aliases: ['index.docker.io'], tool: 'registry', scheme: 'https', auth });
  return { host, account };
}
