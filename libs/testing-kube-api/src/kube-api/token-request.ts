import { type ApiObject } from './api-object';
import { badRequest, cause, conflict, invalid, notFound, type StatusCause } from './api-error';
import { asObject, asText, asTexts, isJsonObject, type JsonObject } from './json';
import { type BoundObject } from './service-account-tokens';
import { timestamp } from './timestamp';
import { existingObject } from './update-object';
import { type WriteRequest } from './write-request';

/** Limits of kube-apiserver, in seconds. */
const DEFAULT_LIFETIME = 3600;
const LONGEST_LIFETIME = 2 ** 32;

/**
 * Answers a TokenRequest (`serviceaccounts/NAME/token`).
 *
 * @throws ApiError 400, 404, 409 (the bound object was replaced) or 422 (invalid lifetime)
 */
export function answerTokenRequest(body: JsonObject, request: WriteRequest): JsonObject {
  const account = existingObject(request);
  if (body['kind'] !== 'TokenRequest') {
    throw badRequest(`${asText(body['kind'])} in version "v1" cannot be handled as a TokenRequest`);
  }
  const spec = asObject(body['spec']);
  const expirationSeconds = typeof spec['expirationSeconds'] === 'number' ? spec['expirationSeconds'] : DEFAULT_LIFETIME;
  const problems = lifetimeProblems(expirationSeconds, request.cluster.minimumTokenSeconds);
  if (problems.length > 0) {
    throw invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest', name: asText(asObject(body['metadata'])['name']) }, problems);
  }
  const bound = boundObject(spec, account, request);
  const asked = asTexts(spec['audiences']);
  const audiences = asked.length > 0 ? asked : [request.cluster.apiAudience];
  const { name, namespace = '', uid = '' } = account.metadata;
  const issued = request.cluster.tokens.issue({ subject: { name, namespace, uid }, audiences, expirationSeconds, bound });
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, creationTimestamp: timestamp(request.cluster.clock()) },
    spec: { audiences, expirationSeconds, boundObjectRef: spec['boundObjectRef'] ?? null },
    status: { token: issued.token, expirationTimestamp: timestamp(issued.expiresAt) },
  };
}

function lifetimeProblems(seconds: number, minimum: number): StatusCause[] {
  const field = 'spec.expirationSeconds';
  if (seconds < minimum) {
    const shortest = minimum % 60 === 0 ? `${minimum / 60} minutes` : `${minimum} seconds`;
    return [cause.invalid(field, seconds, `may not specify a duration less than ${shortest}`)];
  }
  return seconds > LONGEST_LIFETIME ? [cause.invalid(field, seconds, 'may not specify a duration larger than 2^32 seconds')] : [];
}

function boundObject(spec: JsonObject, account: ApiObject, { cluster }: WriteRequest): BoundObject | undefined {
  const reference = spec['boundObjectRef'];
  if (!isJsonObject(reference)) {
    return undefined;
  }
  const kind = reference['kind'];
  if (kind !== 'Pod' && kind !== 'Secret') {
    throw badRequest(`cannot bind token to object of type ${JSON.stringify(kind)}`);
  }
  const plural = kind === 'Pod' ? 'pods' : 'secrets';
  const name = asText(reference['name']);
  const found = cluster.store.get(`/${plural}`, { namespace: account.metadata.namespace, name });
  if (!found) {
    throw notFound({ group: '', kind: plural, name });
  }
  const { uid = '' } = found.metadata;
  const asked = asText(reference['uid']);
  if (asked !== '' && asked !== uid) {
    throw conflict(
      { group: '', kind: plural, name },
      `the UID in the bound object reference (${asked}) does not match the UID in record (${uid})`,
    );
  }
  return { kind, name, uid };
}
