/** The only version of WebSocket (RFC 6455 §4.1); lower numbers were drafts. */
export const WEB_SOCKET_VERSION = '13';
