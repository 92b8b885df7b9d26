import { acceptedHandshake, type ReceivedHeaders } from './web-socket-handshake';

const ASKED = {
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-protocol': 'chat, superchat',
  'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits, x-other',
};

const ANSWER: ReceivedHeaders = { upgrade: ['WebSocket'], 'sec-websocket-accept': ['s3pPLMBiTxaQ9kYGzzhZRbK+xOo='] };

describe('acceptedHandshake', () => {
  it('gives what RFC 6455 needs of the answer, and nothing else', () => {
    const chosen = {
      'sec-websocket-protocol': ['superchat'],
      'sec-websocket-extensions': ['Permessage-Deflate; server_no_context_takeover', 'x-other'],
    };
    const others = { 'set-cookie': ['a=b'], connection: ['Upgrade, X-Hop'], date: ['now'], 'sec-websocket-version': ['13'] };
    expect(acceptedHandshake(ASKED, { ...ANSWER, ...chosen, ...others })).toEqual({
      headers: {
        'sec-websocket-accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
        'sec-websocket-protocol': 'superchat',
        'sec-websocket-extensions': 'Permessage-Deflate; server_no_context_takeover, x-other',
      },
    });
  });

  it.each<[string, ReceivedHeaders, RegExp]>([
    ['no protocol', { upgrade: undefined }, /another protocol/],
    ['another protocol', { upgrade: ['h2c'] }, /another protocol/],
    ['two protocols', { upgrade: ['websocket', 'websocket'] }, /another protocol/],
    ['no key', { 'sec-websocket-accept': undefined }, /Sec-WebSocket-Accept/],
    ['the answer to another key', { 'sec-websocket-accept': ['HSmrc0sMlYUkAGmm5OPpG2HaGWk='] }, /Sec-WebSocket-Accept/],
    ['two keys', { 'sec-websocket-accept': ['s3pPLMBiTxaQ9kYGzzhZRbK+xOo=', 'x'] }, /Sec-WebSocket-Accept/],
    ['a subprotocol that was not offered', { 'sec-websocket-protocol': ['Chat'] }, /subprotocol/],
    ['two subprotocols', { 'sec-websocket-protocol': ['chat', 'superchat'] }, /subprotocol/],
    ['two subprotocols in one line', { 'sec-websocket-protocol': ['chat, superchat'] }, /subprotocol/],
    ['an extension that was not offered', { 'sec-websocket-extensions': ['permessage-deflate, x-more'] }, /extension/],
    ['an extension beyond ASCII', { 'sec-websocket-extensions': ['x-other; a="\u00e9"'] }, /extension/],
  ])('refuses %s', (_what, changes, problem) => {
    expect(acceptedHandshake(ASKED, { ...ANSWER, ...changes })).toEqual({ problem: expect.stringMatching(problem) as string });
  });

  it('refuses choices where nothing was offered', () => {
    const asked = { 'sec-websocket-key': ASKED['sec-websocket-key'] };
    expect(acceptedHandshake(asked, ANSWER)).toHaveProperty('headers');
    expect(acceptedHandshake(asked, { ...ANSWER, 'sec-websocket-protocol': [''] })).toHaveProperty('problem');
    expect(acceptedHandshake(asked, { ...ANSWER, 'sec-websocket-extensions': ['x'] })).toHaveProperty('problem');
  });
});
