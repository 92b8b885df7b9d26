import { isRedirect } from './redirects';

describe('isRedirect', () => {
  it.each([301, 302, 303, 307, 308])('%d is a redirect', (status) => {
    expect(isRedirect(status)).toBe(true);
  });

  it.each([200, 201, 299, 300, 304, 305, 306, 309, 400, 401])('%d is not a redirect', (status) => {
    expect(isRedirect(status)).toBe(false);
  });
});
