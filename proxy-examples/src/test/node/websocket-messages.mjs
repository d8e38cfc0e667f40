// Messages of every size, in fragments, compressed, many at once.

import { once } from 'node:events';

import { pattern } from './frames.mjs';
import { describe, tally } from './transcript.mjs';

const SIZES = [0, 1, 125, 126, 127, 65_535, 65_536, 65_537, 1 << 20, (4 << 20) + 1];
const DEFLATE = { threshold: 0 };
const MANY = Array.from({ length: 300 }, (_, i) => (i % 2 ? `text ${i}` : pattern(i * 13)));

function described(message) {
  return describe(typeof message === 'string' ? 'text' : 'binary', message);
}

/** Sends messages one after the other, each when the one before is back, and closes. */
function echoed(name, messages, options = {}) {
  const seen = messages.map(described);
  return {
    name,
    ...options,
    async client(run) {
      const ws = await run.open();
      for (const message of messages) {
        ws.send(message);
        await once(ws, 'message');
      }
      ws.close(1000);
      await ws.ended;
    },
    expect: {
      client: [
        `open, no protocol, ${options.deflate ? 'permessage-deflate' : 'no extension'}`,
        ...seen,
        'close 1000 ""',
      ],
      server: [...seen, 'close 1000 ""'],
    },
  };
}

/** Waits for so many messages. */
function arrived(ws, wanted) {
  return new Promise((resolve) => {
    let seen = 0;
    ws.on('message', () => ++seen === wanted && resolve());
    ws.on('close', resolve);
  });
}

/** Text that compression makes short. */
export function compressible(length) {
  return 'all work and no play '.repeat(Math.ceil(length / 21)).slice(0, length);
}

const sizes = SIZES.flatMap((size) => [
  echoed(`a binary message of ${size} bytes`, [pattern(size)]),
  echoed(`a text of ${size} bytes`, [compressible(size)]),
]);

const deflated = [
  echoed('compressed messages that share what was compressed before', [...SIZES.map(compressible), pattern(65_537)], {
    deflate: DEFLATE,
  }),
  echoed('compressed messages, each on its own', SIZES.slice(0, 8).map(compressible), {
    deflate: { ...DEFLATE, serverNoContextTakeover: true, clientNoContextTakeover: true },
  }),
  echoed('compressed messages in a small window', SIZES.slice(0, 8).map(compressible), {
    deflate: { ...DEFLATE, serverMaxWindowBits: 9, clientMaxWindowBits: 9 },
  }),
  {
    name: 'a server without compression keeps to that',
    deflate: false,
    async client(run) {
      const ws = await run.open({ perMessageDeflate: true });
      ws.send('plain');
      await once(ws, 'message');
      ws.close();
      await ws.ended;
    },
    expect: {
      client: ['open, no protocol, no extension', 'text "plain"', 'close 1005 ""'],
      server: ['text "plain"', 'close 1005 ""'],
    },
  },
];

const exchanges = [
  echoed('texts of all planes', ['κόσμε', 'Grüße', '日本語', '🦊🐉', 'a\u0000b']),
  echoed(
    'a hundred messages in turn',
    Array.from({ length: 100 }, (_, i) => `message ${i}`),
  ),
  {
    name: 'many messages without waiting',
    async client(run) {
      const ws = await run.open();
      MANY.forEach((message) => ws.send(message));
      await arrived(ws, MANY.length);
      ws.close(1000);
      await ws.ended;
    },
    expect: {
      client: ['open, no protocol, no extension', ...MANY.map(described), 'close 1000 ""'],
      server: [...MANY.map(described), 'close 1000 ""'],
    },
  },
  {
    name: 'four mebibytes each way at once',
    async client(run) {
      const ws = await run.open();
      for (let i = 0; i < 4; i++) {
        ws.send(pattern(1 << 20, i));
      }
      await arrived(ws, 4);
      ws.close(1000);
      await ws.ended;
    },
    server(ws, run) {
      for (let i = 0; i < 4; i++) {
        ws.send(pattern(1 << 20, 100 + i));
      }
    },
  },
  {
    name: 'a fragmented message with pings inside',
    async client(run) {
      const ws = await run.open();
      ws.send('one ', { fin: false });
      ws.ping('first');
      ws.send('two ', { fin: false });
      ws.ping('second');
      ws.send('three', { fin: true });
      await once(ws, 'message');
      ws.close(1000);
      await ws.ended;
    },
    expect: {
      client: [
        'open, no protocol, no extension',
        'pong "first"',
        'pong "second"',
        'text "one two three"',
        'close 1000 ""',
      ],
      server: ['ping "first"', 'ping "second"', 'text "one two three"', 'close 1000 ""'],
    },
  },
  {
    name: 'a fragmented message of the server with pings inside',
    async client(run) {
      const ws = await run.open();
      await ws.ended;
    },
    server(ws) {
      ws.send(pattern(70_000), { fin: false });
      ws.ping('first');
      ws.send(pattern(10), { fin: false });
      ws.ping();
      ws.send(pattern(126), { fin: true });
      let pongs = 0;
      ws.on('pong', () => ++pongs === 2 && ws.close(1000));
    },
    expect: {
      client: [
        'open, no protocol, no extension',
        'ping "first"',
        'ping ""',
        describe('binary', Buffer.concat([pattern(70_000), pattern(10), pattern(126)])),
        'close 1000 ""',
      ],
      server: ['pong "first"', 'pong ""', 'close 1000 ""'],
    },
  },
  {
    name: 'a compressed message in fragments',
    deflate: DEFLATE,
    async client(run) {
      const ws = await run.open();
      ws.send(compressible(5000), { fin: false });
      ws.ping('between');
      ws.send(compressible(70_000), { fin: true });
      await once(ws, 'message');
      ws.close(1000);
      await ws.ended;
    },
    expect: {
      client: [
        'open, no protocol, permessage-deflate',
        'pong "between"',
        describe('text', compressible(5000) + compressible(70_000)),
        'close 1000 ""',
      ],
      server: ['ping "between"', describe('text', compressible(5000) + compressible(70_000)), 'close 1000 ""'],
    },
  },
  {
    name: 'pings and pongs that nobody asked for',
    async client(run) {
      const ws = await run.open();
      ws.pong('unasked');
      ws.ping(pattern(125));
      await once(ws, 'pong');
      ws.close(1000);
      await ws.ended;
    },
    server(ws) {
      ws.pong('of the server');
    },
    expect: {
      client: [
        'open, no protocol, no extension',
        'pong "of the server"',
        describe('pong', pattern(125)),
        'close 1000 ""',
      ],
      server: ['pong "unasked"', describe('ping', pattern(125)), 'close 1000 ""'],
    },
  },
  {
    name: 'fifty WebSockets at once',
    connections: 50,
    condense: tally,
    async client(run) {
      const all = await Promise.all(Array.from({ length: 50 }, () => run.open()));
      await Promise.all(
        all.map(async (ws) => {
          for (const message of ['one', 'two', 'three']) {
            ws.send(message);
            await once(ws, 'message');
          }
          ws.close(1000);
          await ws.ended;
        }),
      );
    },
    expect: {
      client: [
        '50 times close 1000 ""',
        '50 times open, no protocol, no extension',
        '50 times text "one"',
        '50 times text "three"',
        '50 times text "two"',
      ],
      server: ['50 times close 1000 ""', '50 times text "one"', '50 times text "three"', '50 times text "two"'],
    },
  },
];

export const messages = [...sizes, ...deflated, ...exchanges];
