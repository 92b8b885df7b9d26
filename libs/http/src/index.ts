export { basicAuthorization, type UserPass } from './basic-authorization';
export { countHeader } from './count-header';
export { endingInOrder } from './ending-in-order';
export { HeaderReader } from './header-reader';
export { isJsonObject, type JsonObject, parseJsonObject } from './json-object';
export { readAtMost, readWhole } from './read-body';
export { isRedirect } from './redirects';
export { contentLength, hasContent } from './request-content';
export { parseRetryAfter } from './retry-after';
