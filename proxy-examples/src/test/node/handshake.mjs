// The part of an upgrade to a WebSocket that both sides compute (RFC 6455, section 4.2.2).

import { createHash } from 'node:crypto';

const SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** By what a server shows that it has understood the key. */
export function acceptOf(key) {
  return createHash('sha1')
    .update(key + SUFFIX)
    .digest('base64');
}

/** The head of a target's answer that accepts a WebSocket. */
export function switching(request, fields = []) {
  return [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptOf(request.headers['sec-websocket-key'])}`,
    ...fields,
    '\r\n',
  ].join('\r\n');
}
