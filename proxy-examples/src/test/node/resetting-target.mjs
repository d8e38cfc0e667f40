// A target that speaks just enough HTTP/2 to reset streams, which Node's own server does not do without ending them first. The
// client says in its data what it is to do: to answer, or to reset the stream with some code.

import { once } from 'node:events';
import net from 'node:net';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const HEAD_LENGTH = 9;
const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const PING = 6;
const ACK = 1;
const END_HEADERS = 4;
/** By its index in the static table of HPACK. */
const STATUS_200 = Buffer.of(0x88);

function frame(type, flags, stream, payload = Buffer.alloc(0)) {
  const head = Buffer.alloc(HEAD_LENGTH);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

function code(number) {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(number);
  return payload;
}

/** What to send for a frame. */
function answer(type, flags, stream, payload) {
  if (type === SETTINGS && flags !== ACK) {
    return frame(SETTINGS, ACK, 0);
  }
  if (type === PING && flags !== ACK) {
    return frame(PING, ACK, 0, payload);
  }
  if (type === DATA && payload.toString() === 'answer') {
    return Buffer.concat([
      frame(HEADERS, END_HEADERS, stream, STATUS_200),
      frame(DATA, 0, stream, Buffer.from('welcome')),
    ]);
  }
  const wanted = type === DATA && /^reset with (\d+)$/.exec(payload.toString());
  return wanted ? frame(RST_STREAM, 0, stream, code(Number(wanted[1]))) : Buffer.alloc(0);
}

function serve(socket) {
  let pending = Buffer.alloc(0);
  let greeted = false;
  socket.on('error', () => {});
  socket.write(frame(SETTINGS, 0, 0));
  socket.on('data', (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    if (!greeted && pending.length >= PREFACE.length) {
      greeted = true;
      pending = pending.subarray(PREFACE.length);
    }
    while (greeted && pending.length >= HEAD_LENGTH && pending.length >= HEAD_LENGTH + pending.readUIntBE(0, 3)) {
      const end = HEAD_LENGTH + pending.readUIntBE(0, 3);
      const [type, flags] = [pending[3], pending[4]];
      socket.write(answer(type, flags, pending.readUInt32BE(5) & 0x7fffffff, pending.subarray(HEAD_LENGTH, end)));
      pending = pending.subarray(end);
    }
  });
}

/** Starts one and returns its port. */
export async function startResettingTarget() {
  const server = net.createServer({ noDelay: true }, serve);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}
