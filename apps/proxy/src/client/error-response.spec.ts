import { ProxyError } from '../proxy.errors';
import { errorResponse } from './error-response';

describe('errorResponse', () => {
  it('has the error body of the distribution-spec, and the challenge only with 401', () => {
    const response = errorResponse(new ProxyError('Unauthenticated', 'log in'));
    expect(response.status).toBe(401);
    expect(response.headers['www-authenticate']).toBe('Basic realm="connectors"');
    expect(JSON.parse(response.body)).toEqual({ errors: [{ code: 'UNAUTHORIZED', message: 'log in' }] });
    expect(errorResponse(new ProxyError('PermissionDenied', 'x')).headers['www-authenticate']).toBeUndefined();
  });

  it('has the Retry-After of the error', () => {
    expect(errorResponse(new ProxyError('LimitReached', 'x', { retryAfterSeconds: 2 })).headers['retry-after']).toBe('2');
    expect(errorResponse(new ProxyError('LimitReached', 'x')).headers['retry-after']).toBeUndefined();
  });
});
