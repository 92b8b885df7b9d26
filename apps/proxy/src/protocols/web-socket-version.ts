/** The only version of WebSocket that there is (RFC 6455 §4.1; those below were drafts). */
export const WEB_SOCKET_VERSION = '13';
