import { refuseLoop, viaHeader } from './via';

describe('Via', () => {
  it('is extended by this hop', () => {
    expect([viaHeader(undefined, 'own'), viaHeader('1.0 other', 'own')]).toEqual(['1.1 own', '1.0 other, 1.1 own']);
  });

  it.each(['1.1 own', 'HTTP/1.1 OWN (comment)', '1.0 other,  1.1  own'])(
    'refuses a request that has passed through this proxy: %s',
    (via) => {
      expect(() => refuseLoop(via, 'own')).toThrow(expect.objectContaining({ code: 'LoopDetected' }) as Error);
    },
  );

  it.each([undefined, '', 'own', '1.1 other', '1.1 own-other', '1.1 other (own)'])('accepts %s', (via) => {
    expect(() => refuseLoop(via, 'own')).not.toThrow();
  });
});
