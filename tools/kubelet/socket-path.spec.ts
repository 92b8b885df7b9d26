import { requireSocketPath } from './socket-path';

describe('the path of a socket', () => {
  it('may be as long as macOS allows', () => {
    expect(() => requireSocketPath(`/${'x'.repeat(102)}`)).not.toThrow();
  });

  it('is refused when it has more bytes, with a message that says what to do', () => {
    expect(() => requireSocketPath(`/${'ü'.repeat(52)}`)).toThrow(
      /has 105 bytes.* may have 103; move the workspace to a directory whose path is at least 2 bytes shorter$/,
    );
  });
});
