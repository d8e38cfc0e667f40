// What a peer saw, as lines that can be compared.

import { createHash } from 'node:crypto';

import { FrameReader } from './frames.mjs';

const SHORT = 40;

/** Short payloads as they are, others by their length and a hash. */
export function describe(what, data) {
  const bytes = Buffer.from(data);
  if (bytes.length > SHORT) {
    return `${what} of ${bytes.length} bytes, ${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}`;
  }
  const text = bytes.toString();
  const readable = Buffer.from(text).equals(bytes) && !/\p{Cc}/u.test(text);
  return readable ? `${what} "${text}"` : `${what} ${bytes.toString('hex')}`;
}

/** Writes down what a WebSocket sees. Returns a promise that is kept when it has closed or been refused. */
export function follow(ws, transcript) {
  ws.on('open', () => transcript.push(`open, ${ws.protocol || 'no protocol'}, ${ws.extensions || 'no extension'}`));
  ws.on('message', (data, binary) => transcript.push(describe(binary ? 'binary' : 'text', data)));
  ws.on('ping', (data) => transcript.push(describe('ping', data)));
  ws.on('pong', (data) => transcript.push(describe('pong', data)));
  ws.on('error', (error) => transcript.push(`error ${error.code ?? error.message}`));
  return new Promise((resolve) => {
    ws.on('close', (code, reason) => {
      transcript.push(describe(`close ${code}`, reason));
      resolve();
    });
    ws.on('unexpected-response', (request, response) => {
      const body = [];
      response.on('data', (chunk) => body.push(chunk));
      response.on('error', (error) => transcript.push(`the body ended early: ${error.message}`));
      response.on('close', () => {
        const reason = response.headers['x-reason'] ?? response.headers.location ?? 'no reason';
        transcript.push(`refused ${response.statusCode}, ${reason}`, describe('body', Buffer.concat(body)));
        request.destroy();
        resolve();
      });
    });
  });
}

/**
 * Writes down what comes over a connection: of an HTTP head the status, then frames, then the end. When the other side has
 * ended this one ends too. Returns a promise of that.
 */
export function followBytes(connection, transcript, { head: hasHead }) {
  const frames = new FrameReader();
  let head = hasHead ? Buffer.alloc(0) : undefined;
  connection.on('data', (chunk) => {
    let rest = chunk;
    if (head !== undefined) {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) {
        return;
      }
      transcript.push(head.toString('latin1', 9, 12));
      rest = head.subarray(end + 4);
      head = undefined;
    }
    for (const { fin, reserved, opcode, payload } of frames.read(rest)) {
      const flags = `${fin ? '' : ' more'}${reserved ? ` reserved ${reserved}` : ''}`;
      transcript.push(describe(`frame ${opcode}${flags}`, payload));
    }
  });
  connection.on('error', () => {});
  connection.on('end', () => connection.end());
  return new Promise((resolve) =>
    connection.once('close', () => {
      transcript.push(frames.left > 0 ? `end after ${frames.left} bytes of a frame` : 'end');
      resolve();
    }),
  );
}

/** How often each line is there, for what happens in no particular order. */
export function tally(lines) {
  const counts = new Map();
  lines.forEach((line) => counts.set(line, (counts.get(line) ?? 0) + 1));
  return [...counts].map(([line, count]) => `${count} times ${line}`).sort();
}
