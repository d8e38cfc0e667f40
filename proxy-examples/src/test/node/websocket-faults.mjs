// What WebSocket peers must not send, as the ws package's own tests of its receiver and the Autobahn test suite have it, and
// random frames, right and wrong, in pieces of random length. The proxy passes them on, and each peer judges for itself.

import { once } from 'node:events';

import { BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, closing, frame, pattern, random } from './frames.mjs';
import { switching } from './handshake.mjs';
import { followBytes } from './transcript.mjs';

const SEEDS = 40;
const MAX_PAYLOAD = 1 << 20;
const NO_UTF8 = Buffer.from([0xce, 0xba, 0xe1, 0xbd, 0xb9, 0xcf, 0x83, 0xce, 0xbc, 0xce, 0xb5, 0xed, 0xa0, 0x80]);

/** The frames of each, and the code with which the peer that gets them closes; undefined if it ends without one. */
const WRONG = [
  ['a reserved opcode of data', [{ opcode: 3 }], 1002],
  ['a reserved opcode of control', [{ opcode: 11, payload: 'x' }], 1002],
  ['a reserved opcode after a message', [{ opcode: TEXT, payload: 'fine' }, { opcode: 7 }], 1002],
  ['the first reserved bit without an extension', [{ opcode: TEXT, payload: 'x', reserved: 4 }], 1002],
  ['the second reserved bit', [{ opcode: TEXT, payload: 'x', reserved: 2 }], 1002],
  ['the third reserved bit', [{ opcode: BINARY, payload: 'x', reserved: 1 }], 1002],
  ['a reserved bit in a ping', [{ opcode: PING, reserved: 4 }], 1002],
  ['a continuation of nothing', [{ opcode: CONTINUATION, payload: 'x' }], 1002],
  [
    'a continuation after the end',
    [
      { opcode: TEXT, payload: 'a', fin: false },
      { opcode: CONTINUATION, payload: 'b' },
      { opcode: CONTINUATION, payload: 'c' },
    ],
    1002,
  ],
  [
    'a text within a fragmented text',
    [
      { opcode: TEXT, payload: 'a', fin: false },
      { opcode: TEXT, payload: 'b' },
    ],
    1002,
  ],
  [
    'a binary message within a fragmented text',
    [
      { opcode: TEXT, payload: 'a', fin: false },
      { opcode: BINARY, payload: 'b' },
    ],
    1002,
  ],
  ['a ping in fragments', [{ opcode: PING, payload: 'x', fin: false }], 1002],
  ['a close frame in fragments', [{ opcode: CLOSE, fin: false }], 1002],
  ['a ping of 126 bytes', [{ opcode: PING, payload: pattern(126) }], 1002],
  ['a pong of 70,000 bytes', [{ opcode: PONG, payload: pattern(70_000) }], 1002],
  ['a close frame of 126 bytes', [{ opcode: CLOSE, payload: closing(1000, 'x'.repeat(124)) }], 1002],
  ['a close frame of one byte', [{ opcode: CLOSE, payload: 'x' }], 1002],
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535].map((code) => [
    `a close frame with the code ${code}`,
    [{ opcode: CLOSE, payload: closing(code, 'why') }],
    1002,
  ]),
  ['a reason that is not UTF-8', [{ opcode: CLOSE, payload: closing(1000, NO_UTF8) }], 1007],
  ['a text that is not UTF-8', [{ opcode: TEXT, payload: NO_UTF8 }], 1007],
  [
    'a text in fragments that is not UTF-8',
    [
      { opcode: TEXT, payload: NO_UTF8.subarray(0, 12), fin: false },
      { opcode: CONTINUATION, payload: NO_UTF8.subarray(12) },
    ],
    1007,
  ],
  ['a message beyond the limit', [{ opcode: BINARY, payload: pattern(10), claimed: MAX_PAYLOAD + 1 }], 1009],
  [
    'fragments beyond the limit',
    [
      { opcode: BINARY, payload: pattern(1000), fin: false },
      { opcode: CONTINUATION, payload: pattern(10), claimed: MAX_PAYLOAD },
    ],
    1009,
  ],
  ['a length of 2^53', [{ opcode: BINARY, claimed: 2n ** 53n }], 1009],
  ['a length of 2^64 - 1', [{ opcode: BINARY, claimed: 2n ** 64n - 1n }], 1009],
];

/** What is unusual and right all the same. */
const RIGHT = [
  [
    'lengths in longer forms than they need',
    [
      { opcode: TEXT, payload: 'short', form: 16 },
      { opcode: TEXT, payload: 'shorter', form: 64 },
    ],
  ],
  [
    'a text whose characters are split between fragments',
    [
      { opcode: TEXT, payload: Buffer.from('κό').subarray(0, 1), fin: false },
      { opcode: PING, payload: 'between' },
      { opcode: CONTINUATION, payload: Buffer.from('κό').subarray(1, 3), fin: false },
      { opcode: CONTINUATION, payload: Buffer.from('κό').subarray(3) },
    ],
  ],
  ['empty fragments', [{ opcode: BINARY, fin: false }, { opcode: CONTINUATION, fin: false }, { opcode: CONTINUATION }]],
  [
    'a thousand fragments of a byte',
    [
      { opcode: BINARY, payload: 'x', fin: false },
      ...Array.from({ length: 998 }, (_, i) => ({ opcode: CONTINUATION, payload: String(i % 10), fin: false })),
      { opcode: CONTINUATION, payload: 'x' },
    ],
  ],
  [
    'frames after a close frame',
    [{ opcode: CLOSE, payload: closing(1000) }, { opcode: TEXT, payload: 'unheard' }, { opcode: 15 }],
  ],
];

const IN_ONE = (bytes) => [bytes];
const BYTE_BY_BYTE = (bytes) => Array.from(bytes, (byte) => Buffer.of(byte));

/** Sends the pieces one by one. */
async function sendPieces(connection, pieces) {
  for (const piece of pieces) {
    if (connection.destroyed) {
      return;
    }
    await new Promise((resolve) => connection.write(piece, resolve));
  }
}

function bytesOf(frames, masked) {
  return Buffer.concat(frames.map((each) => frame({ masked, ...each })));
}

/** A client without manners, and the server of the ws package. */
function toServer(name, frames, split, closes) {
  return {
    name: `to the server: ${name}`,
    serverOptions: { maxPayload: MAX_PAYLOAD },
    async client(run) {
      const connection = run.raw();
      connection.write(run.request());
      await once(connection, 'data');
      await sendPieces(connection, split(bytesOf(frames, true)));
      await connection.ended;
    },
    server() {},
    closes,
  };
}

/** A server without manners, and the client of the ws package. */
function toClient(name, frames, split, closes) {
  return {
    name: `to the client: ${name}`,
    async client(run) {
      const ws = await run.open({ maxPayload: MAX_PAYLOAD });
      await ws.ended;
    },
    async answer(run, request, socket) {
      followBytes(socket, run.server, { head: false });
      await sendPieces(socket, [Buffer.from(switching(request)), ...split(bytesOf(frames, false))]);
    },
    closes,
  };
}

function bothWays(name, frames, code) {
  const splits =
    bytesOf(frames, true).length > 300
      ? [['', IN_ONE]]
      : [
          ['', IN_ONE],
          [', byte by byte', BYTE_BY_BYTE],
        ];
  return splits.flatMap(([how, split]) => [
    toServer(name + how, frames, split, { peer: 'server', code }),
    toClient(name + how, frames, split, { peer: 'client', code }),
  ]);
}

const misfits = [
  toServer('a frame without a mask', [{ opcode: TEXT, payload: 'bare', masked: false }], IN_ONE, {
    peer: 'server',
    code: 1002,
  }),
  toClient('a frame with a mask', [{ opcode: TEXT, payload: 'veiled', masked: true }], IN_ONE, {
    peer: 'client',
    code: 1002,
  }),
];

const ENDINGS = [
  { opcode: CLOSE, payload: closing(1000, 'the end') },
  { opcode: CLOSE, payload: closing(3000) },
  { opcode: CLOSE },
];

/** Frames of which most are right, and with which the peer's part of the conversation ends. */
function randomFrames(next) {
  const frames = [];
  const below = (limit) => Math.floor(next() * limit);
  let fragmented = false;
  for (let left = 1 + below(12); left > 0; left--) {
    const length = [below(20), below(126), 126 + below(1000), below(70_000)][below(4)];
    if (next() < 0.25) {
      frames.push({ opcode: next() < 0.5 ? PING : PONG, payload: pattern(below(126)) });
    } else {
      const fin = next() < 0.6;
      frames.push({ opcode: fragmented ? CONTINUATION : BINARY, payload: pattern(length), fin });
      fragmented = !fin;
    }
    if (next() < 0.06) {
      frames.push(WRONG[below(WRONG.length)][1].at(-1));
    }
  }
  frames.push(ENDINGS[below(ENDINGS.length)]);
  return frames;
}

function randomSplit(next) {
  return (bytes) => {
    const pieces = [];
    for (let at = 0; at < bytes.length;) {
      const length = 1 + Math.floor(next() * (next() < 0.5 ? 16 : 20_000));
      pieces.push(bytes.subarray(at, at + length));
      at += length;
    }
    return pieces;
  };
}

/** The same frames and pieces on every route, so what is random is drawn anew from the seed. */
function randomly(seed) {
  const frames = randomFrames(random(seed));
  return [
    toServer(`random frames, seed ${seed}`, frames, (bytes) => randomSplit(random(-seed))(bytes)),
    toClient(`random frames, seed ${seed}`, frames, (bytes) => randomSplit(random(-seed))(bytes)),
  ];
}

/** Bytes that are no frames at all go through a tunnel as well, since it belongs to its two ends. */
const noise = {
  name: 'a mebibyte that is no frames, each way',
  async client(run) {
    const connection = run.connect();
    run.client.push(await exchangeNoise(connection, run.request(), 1));
  },
  async answer(run, request, socket) {
    run.server.push(await exchangeNoise(socket, Buffer.from(switching(request)), 2));
  },
};

async function exchangeNoise(connection, head, seed) {
  const wanted = pattern(1 << 20, 3 - seed);
  const chunks = [];
  let length = 0;
  connection.on('error', () => {});
  connection.write(head);
  connection.write(pattern(1 << 20, seed));
  connection.on('data', (chunk) => {
    chunks.push(chunk);
    length += chunk.length;
    const noise = Buffer.concat(chunks).subarray(-wanted.length);
    // The head that comes to the client is longer than nothing and shorter than that.
    if (length >= wanted.length && length < wanted.length + 1000 && noise.equals(wanted)) {
      connection.end();
    }
  });
  await new Promise((resolve) => connection.once('close', resolve));
  return Buffer.concat(chunks).subarray(-wanted.length).equals(wanted)
    ? 'all of it'
    : `${length} bytes, not what was sent`;
}

export const faults = [
  ...WRONG.flatMap(([name, frames, code]) => bothWays(name, frames, code)),
  ...RIGHT.flatMap(([name, frames]) =>
    bothWays(name, frames.at(-1).opcode === 15 ? frames : [...frames, { opcode: CLOSE, payload: closing(1000) }], 1000),
  ),
  ...misfits,
  ...Array.from({ length: SEEDS }, (_, i) => randomly(i + 1)).flat(),
  { ...noise, expect: { client: ['all of it'], server: ['all of it'] } },
];
