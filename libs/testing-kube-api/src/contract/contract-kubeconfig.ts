import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { asList, asObject, asText, type JsonObject } from '../kube-api/json';
import { type AdminCredential, type KubeContractTarget } from './contract-target';

/** Returns the API server and the credential of a kubeconfig's current context. */
export function loadContractTarget(file: string): KubeContractTarget {
  const config = asObject(parse(readFileSync(file, 'utf8')));
  const entry = (list: string, name: unknown, part: string): JsonObject => {
    const found = asList(config[list])
      .map(asObject)
      .find((item) => item['name'] === name);
    return asObject(found?.[part]);
  };
  const context = entry('contexts', config['current-context'], 'context');
  const cluster = entry('clusters', context['cluster'], 'cluster');
  const user = entry('users', context['user'], 'user');
  return {
    server: asText(cluster['server']).replace(/\/$/, ''),
    ca: pem(cluster, 'certificate-authority', file),
    tlsServerName: asText(cluster['tls-server-name']) || undefined,
    admin: credential(user, file),
  };
}

function credential(user: JsonObject, file: string): AdminCredential {
  const token = asText(user['token']);
  if (token !== '') {
    return { token };
  }
  return { certificate: pem(user, 'client-certificate', file) ?? '', key: pem(user, 'client-key', file) ?? '' };
}

/** Returns the PEM in `FIELD-data` (base64), or in the file that `FIELD` names relative to the kubeconfig. */
function pem(part: JsonObject, field: string, file: string): string | undefined {
  const data = asText(part[`${field}-data`]);
  if (data !== '') {
    return Buffer.from(data, 'base64').toString('utf8');
  }
  const name = asText(part[field]);
  return name === '' ? undefined : readFileSync(path.resolve(path.dirname(file), name), 'utf8');
}
