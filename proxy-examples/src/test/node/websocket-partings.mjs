// How the two ends part: by a close frame of either, or without a word.

import { once } from 'node:events';

import { BINARY, closing, frame, pattern } from './frames.mjs';
import { switching } from './handshake.mjs';
import { describe, followBytes } from './transcript.mjs';

const CLOSES = [
  [undefined, ''],
  [1000, ''],
  [1001, 'going away'],
  [1003, ''],
  [1007, ''],
  [1011, 'fault'],
  [1012, 'restart'],
  [1013, 'later'],
  [1014, ''],
  [3000, 'Grüße, κόσμε'],
  [4999, 'x'.repeat(123)],
];

const closes = CLOSES.flatMap(([code, reason]) => {
  const seen = describe(`close ${code ?? 1005}`, reason);
  const args = code === undefined ? [] : [code, reason];
  return [
    {
      name: `the client closes with ${code ?? 'no code'}`,
      async client(run) {
        const ws = await run.open();
        ws.close(...args);
        await ws.ended;
      },
      expect: { client: ['open, no protocol, no extension', seen], server: [seen] },
    },
    {
      name: `the server closes with ${code ?? 'no code'}`,
      async client(run) {
        const ws = await run.open();
        await ws.ended;
      },
      server: (ws) => ws.close(...args),
      expect: { client: ['open, no protocol, no extension', seen], server: [seen] },
    },
  ];
});

/** One end goes without a word, after what it sent before has come to the other. */
function abrupt(name, leave) {
  return [
    {
      name: `the client ${name}`,
      async client(run) {
        const ws = await run.open();
        ws.send('before');
        await once(ws, 'message');
        await leave(ws._socket, true);
        await ws.ended;
      },
      expect: {
        client: ['open, no protocol, no extension', 'text "before"', 'close 1006 ""'],
        server: ['text "before"', 'close 1006 ""'],
      },
    },
    {
      name: `the server ${name}`,
      async client(run) {
        const ws = await run.open();
        ws.send('ready');
        await once(ws, 'message');
        ws.send('I have it');
        await ws.ended;
      },
      server(ws) {
        ws.once('message', () => {
          ws.send('before');
          ws.once('message', () => leave(ws._socket, false));
        });
      },
      expect: {
        client: ['open, no protocol, no extension', 'text "before"', 'close 1006 ""'],
        server: ['text "ready"', 'text "I have it"', 'close 1006 ""'],
      },
    },
  ];
}

/** Unix domain sockets know no reset, and a TLS socket does not show the one below it. */
function reset(socket) {
  try {
    socket.resetAndDestroy();
  } catch {
    socket.destroy();
  }
}

async function dropInMidFrame(socket, masked) {
  const part = frame({ opcode: BINARY, payload: pattern(1000), masked }).subarray(0, 600);
  await new Promise((resolve) => socket.write(part, resolve));
  socket.destroy();
}

const departures = [
  ...abrupt('ends its side without a close frame', (socket) => socket.end()),
  ...abrupt('drops the connection', (socket) => socket.destroy()),
  ...abrupt('resets the connection', reset),
  ...abrupt('drops the connection in mid-frame', dropInMidFrame),
  {
    name: 'the server drops the connection instead of answering a close',
    async client(run) {
      const ws = await run.open();
      ws.close(1000);
      await ws.ended;
    },
    answer(run, request, socket) {
      followBytes(socket, run.server, { head: false });
      socket.write(switching(request));
      let heard = 0;
      socket.on('data', (chunk) => {
        heard += chunk.length;
        // All of the frame: two bytes, the mask and the code.
        if (heard === 8) {
          socket.destroy();
        }
      });
    },
    expect: {
      client: ['open, no protocol, no extension', 'close 1006 ""'],
      server: [describe('frame 8', closing(1000)), 'end'],
    },
  },
];

export const partings = [...closes, ...departures];
