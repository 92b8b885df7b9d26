import { status } from '@grpc/grpc-js';
import { RenderingError } from '@oci-connector/config-rendering';
import { ReviewUnavailableError } from '@oci-connector/kube';
import { VolumeError } from '../csi.errors';
import { errorsOf, statusOf } from './grpc-status';

describe('statusOf', () => {
  it('returns the messages of our own errors, which are written for users', () => {
    expect(statusOf(new VolumeError('AccessDenied', 'bind a role'))).toEqual({
      code: status.PERMISSION_DENIED,
      message: 'bind a role',
      reason: 'AccessDenied',
    });
  });

  it('escapes invisible and misleading characters in a message, and limits its length', () => {
    const { message } = statusOf(new VolumeError('AttributesInvalid', `a\u202eb\n\u2066${'x'.repeat(10_000)}`));
    expect(message).toBe(`a\\u202eb\\u000a\\u2066${'x'.repeat(2_028)}…`);
  });

  it('gives rendering errors their own reason', () => {
    expect(statusOf(new RenderingError('TemplateFailed', 'class x'))).toEqual({
      code: status.FAILED_PRECONDITION,
      message: 'class x',
      reason: 'TemplateFailed',
    });
  });

  it.each(['ConnectorNotServed', 'CertificateAuthorityMissing'] as const)(
    'maps %s to UNAVAILABLE, because it may resolve itself',
    (reason) => {
      expect(statusOf(new RenderingError(reason, 'wait'))).toEqual({ code: status.UNAVAILABLE, message: 'wait', reason });
    },
  );

  it('reports that a review failed, but not its cause, which is only for the log', () => {
    expect(statusOf(new ReviewUnavailableError('x', { cause: new Error('10.0.0.1 refused') }))).toMatchObject({
      code: status.UNAVAILABLE,
      message: expect.not.stringContaining('10.0.0.1') as string,
    });
  });

  it('returns the status of the first of several errors, and lists the others as further problems', () => {
    const [first, second] = [new VolumeError('VolumeFull', 'too large'), new VolumeError('MountFailed', 'busy')];
    expect(statusOf(new AggregateError([first, second], 'both'))).toEqual({
      code: status.RESOURCE_EXHAUSTED,
      message: 'too large',
      reason: 'VolumeFull',
    });
    expect(errorsOf(new AggregateError([first, second]))).toEqual([first, second]);
    expect(errorsOf(first)).toEqual([first]);
  });

  it.each([new Error('EIO: /secret/path'), new AggregateError([], 'two'), 'a string', undefined])('reveals nothing of %p', (error) => {
    const { code, message, reason } = statusOf(error);
    expect([code, reason]).toEqual([status.INTERNAL, 'Internal']);
    expect(message).not.toMatch(/EIO|two|string/);
  });
});
