import { badRequest, cause, invalid } from './api-error';
import { type Cluster } from './cluster';
import { asObject, asText, asTexts, isJsonObject, type JsonObject } from './json';
import { type PathAttributes, type ResourceAttributes } from './rbac';
import { InvalidTokenError } from './service-account-tokens';
import { type UserInfo } from './user-info';

interface Review {
  readonly cluster: Cluster;
  /** The user who sent the review. */
  readonly user: UserInfo;
  /** The namespace in the URL. */
  readonly namespace?: string;
  readonly spec: JsonObject;
}

const ANSWERS: Readonly<Record<string, (review: Review) => JsonObject>> = {
  TokenReview: reviewToken,
  SubjectAccessReview: (review) => reviewAccess(review, subjectOf(review.spec)),
  LocalSubjectAccessReview: (review) => {
    const asked = asText(asObject(review.spec['resourceAttributes'])['namespace']);
    if (asked !== review.namespace) {
      throw badRequest(`namespace ${JSON.stringify(asked)} does not match the namespace of the request`);
    }
    return reviewAccess(review, subjectOf(review.spec));
  },
  SelfSubjectAccessReview: (review) => reviewAccess(review, review.user),
  SelfSubjectReview: ({ user }) => ({ userInfo: user }),
  SelfSubjectRulesReview: reviewRules,
};

/**
 * Answers a review of authentication.k8s.io or authorization.k8s.io.
 *
 * @throws ApiError 400 or 422 when the review is invalid
 */
export function answerReview(object: JsonObject, context: Omit<Review, 'spec'>): JsonObject {
  const status = ANSWERS[asText(object['kind'])]?.({ ...context, spec: asObject(object['spec']) });
  return { ...object, status };
}

function reviewToken({ cluster, spec }: Review): JsonObject {
  const token = asText(spec['token']);
  if (token === '') {
    return { user: {} };
  }
  try {
    const { user, audiences } = cluster.authentication.review(token, asTexts(spec['audiences']));
    return { authenticated: true, user, audiences };
  } catch (error) {
    if (error instanceof InvalidTokenError) {
      return { user: {}, error: `[invalid bearer token, ${error.message}]` };
    }
    throw error;
  }
}

function subjectOf(spec: JsonObject): UserInfo {
  const username = asText(spec['user']);
  const groups = asTexts(spec['groups']);
  if (username === '' && groups.length === 0) {
    throw invalid({ group: 'authorization.k8s.io', kind: 'SubjectAccessReview' }, [
      cause.invalid('spec.user', '', 'at least one of user or group must be specified'),
    ]);
  }
  return { username, groups };
}

function reviewAccess({ cluster, spec }: Review, user: UserInfo): JsonObject {
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec;
  if (isJsonObject(resource) === isJsonObject(path)) {
    throw invalid({ group: 'authorization.k8s.io', kind: 'SubjectAccessReview' }, [
      cause.invalid(
        'spec.resourceAttributes',
        resource ?? null,
        'exactly one of nonResourceAttributes or resourceAttributes must be specified',
      ),
    ]);
  }
  const attributes = isJsonObject(resource) ? resourceAttributes(resource) : pathAttributes(asObject(path));
  const { allowed, reason } = cluster.rbac.decide(user, attributes);
  return { allowed, ...(reason && { reason }) };
}

function resourceAttributes(asked: JsonObject): ResourceAttributes {
  return {
    verb: asText(asked['verb']),
    group: asText(asked['group']),
    resource: asText(asked['resource']),
    subresource: asText(asked['subresource']) || undefined,
    namespace: asText(asked['namespace']) || undefined,
    name: asText(asked['name']) || undefined,
  };
}

function pathAttributes(asked: JsonObject): PathAttributes {
  return { verb: asText(asked['verb']), path: asText(asked['path']) };
}

function reviewRules({ cluster, user, spec }: Review): JsonObject {
  const rules = cluster.rbac.effectiveRules(user, asText(spec['namespace'])).map(({ rule }) => rule);
  return {
    resourceRules: rules.filter((rule) => asTexts(rule['resources']).length > 0),
    nonResourceRules: rules.filter((rule) => asTexts(rule['nonResourceURLs']).length > 0),
    incomplete: false,
  };
}
