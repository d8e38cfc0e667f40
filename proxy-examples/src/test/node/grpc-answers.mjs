// Calls of each kind that end well.

import grpc from '@grpc/grpc-js';

import { pattern } from './frames.mjs';
import { followCall, followRequests, line, statusLine, unary } from './grpc-calls.mjs';
import { describe, tally } from './transcript.mjs';

const echo = {
  Unary(call, run, callback) {
    run.server.push(describe('message', call.request));
    callback(null, call.request);
    run.callEnded();
  },
  Chat(call, run) {
    const end = followRequests(call, run);
    call.on('data', (message) => call.write(message));
    call.on('end', () => {
      run.server.push('end');
      call.end();
      end();
    });
  },
};

function echoed(name, messages, options = {}) {
  return {
    name,
    server: echo,
    async client(run) {
      await unary(run, messages, {}, options);
    },
    expect: {
      client: ['metadata', describe('message', messages), 'OK "OK"'],
      server: [describe('message', messages)],
    },
  };
}

const SIZES = [0, 1, 1000, 16_379, 65_535, 1 << 20, 4 << 20];

const unaries = [
  ...SIZES.map((size) => echoed(`a unary call of ${size} bytes`, pattern(size))),
  {
    name: 'two hundred unary calls at once',
    calls: 200,
    condense: tally,
    server: echo,
    async client(run) {
      await Promise.all(Array.from({ length: 200 }, () => unary(run, pattern(5000))));
    },
    expect: {
      client: [`200 times OK "OK"`, `200 times ${describe('message', pattern(5000))}`, '200 times metadata'],
      server: [`200 times ${describe('message', pattern(5000))}`],
    },
  },
  {
    name: 'metadata both ways, before and after the message',
    async client(run) {
      await unary(run, 'hello', {
        'x-text': 'plain',
        'x-many': ['one', 'two'],
        'x-bytes-bin': Buffer.from([0, 1, 254, 255]),
        'x-long': 'l'.repeat(6000),
      });
    },
    server: {
      Unary(call, run, callback) {
        run.server.push(line('metadata', call.metadata));
        run.server.push(`authority ${call.getHost() === run.route.host ? "the client's" : call.getHost()}`);
        const initial = new grpc.Metadata();
        initial.set('x-initial', 'first');
        initial.set('x-initial-bin', Buffer.from([9, 8, 7]));
        call.sendMetadata(initial);
        const trailing = new grpc.Metadata();
        trailing.set('x-trailing', 'last');
        trailing.set('x-trailing-bin', Buffer.from([0, 255]));
        callback(null, 'bye', trailing);
        run.callEnded();
      },
    },
    expect: {
      client: [
        'metadata; x-initial-bin: CQgH; x-initial: first',
        'message "bye"',
        'OK "OK"; x-trailing-bin: AP8=; x-trailing: last',
      ],
      server: [
        `metadata; x-bytes-bin: AAH+/w==; x-long: ${'l'.repeat(6000)}; x-many: one, two; x-text: plain`,
        "authority the client's",
      ],
    },
  },
];

const MANY = Array.from({ length: 500 }, (_, i) => pattern(i * 17));
const LARGE = Array.from({ length: 8 }, (_, i) => pattern(500_000, i + 1));

const streams = [
  ...[
    ['many messages', MANY],
    ['large messages', LARGE],
    ['no message', []],
  ].flatMap(([what, messages]) => [
    {
      name: `a stream of ${what} from the client`,
      async client(run) {
        const call = run.stub.Collect(run.metadata(), (error, answer) => {
          if (answer) {
            run.client.push(describe('message', answer));
          }
        });
        call.on('metadata', (metadata) => run.client.push(line('metadata', metadata)));
        const ended = new Promise((resolve) =>
          call.on('status', (status) => setImmediate(() => resolve(run.client.push(statusLine(status))))),
        );
        messages.forEach((message) => call.write(message));
        call.end();
        await ended;
      },
      server: {
        Collect(call, run, callback) {
          let seen = 0;
          const end = followRequests(call, run);
          call.on('data', () => seen++);
          call.on('end', () => {
            callback(null, `${seen} messages`);
            end();
          });
        },
      },
      expect: {
        client: ['metadata', `message "${messages.length} messages"`, 'OK "OK"'],
        server: messages.map((message) => describe('message', message)),
      },
    },
    {
      name: `a stream of ${what} from the server`,
      async client(run) {
        await followCall(run.stub.List('go on', run.metadata()), run.client);
      },
      server: {
        List(call, run) {
          run.server.push(describe('message', call.request));
          messages.forEach((message) => call.write(message));
          call.end();
          run.callEnded();
        },
      },
      expect: {
        // Without a message all that comes is one frame of trailers.
        client: [
          ...(messages.length > 0 ? ['metadata'] : []),
          ...messages.map((message) => describe('message', message)),
          'OK "OK"',
        ],
        server: ['message "go on"'],
      },
    },
  ]),
  {
    name: 'a conversation in which each waits for the other',
    server: echo,
    async client(run) {
      const call = run.stub.Chat(run.metadata());
      const ended = followCall(call, run.client);
      for (let i = 0; i < 20; i++) {
        const back = new Promise((resolve) => call.once('data', resolve));
        call.write(`turn ${i}`);
        await back;
      }
      call.end();
      await ended;
    },
    expect: {
      client: ['metadata', ...Array.from({ length: 20 }, (_, i) => `message "turn ${i}"`), 'OK "OK"'],
      server: [...Array.from({ length: 20 }, (_, i) => `message "turn ${i}"`), 'end'],
    },
  },
  {
    name: 'a conversation that the server begins, and goes on with when the client has ended',
    async client(run) {
      const call = run.stub.Chat(run.metadata());
      const ended = followCall(call, run.client);
      await new Promise((resolve) => call.once('metadata', resolve));
      await new Promise((resolve) => call.once('data', resolve));
      call.write('that was all');
      call.end();
      await ended;
    },
    server: {
      Chat(call, run) {
        const end = followRequests(call, run);
        const initial = new grpc.Metadata();
        initial.set('x-initial', 'at once');
        call.sendMetadata(initial);
        call.write('welcome');
        call.on('end', () => {
          run.server.push('end');
          call.write('one more');
          call.write('and another');
          const trailing = new grpc.Metadata();
          trailing.set('x-trailing', 'done');
          call.end(trailing);
          end();
        });
      },
    },
    expect: {
      client: [
        'metadata; x-initial: at once',
        'message "welcome"',
        'message "one more"',
        'message "and another"',
        'OK "OK"; x-trailing: done',
      ],
      server: ['message "that was all"', 'end'],
    },
  },
  {
    name: 'four megabytes each way at once',
    server: echo,
    async client(run) {
      const call = run.stub.Chat(run.metadata());
      const ended = followCall(call, run.client);
      LARGE.forEach((message) => call.write(message));
      call.end();
      await ended;
    },
    expect: {
      client: ['metadata', ...LARGE.map((message) => describe('message', message)), 'OK "OK"'],
      server: [...LARGE.map((message) => describe('message', message)), 'end'],
    },
  },
  {
    name: 'fifty conversations at once',
    calls: 50,
    condense: tally,
    server: echo,
    async client(run) {
      await Promise.all(
        Array.from({ length: 50 }, async () => {
          const call = run.stub.Chat(run.metadata());
          const ended = followCall(call, run.client);
          for (const turn of ['one', 'two', 'three']) {
            const back = new Promise((resolve) => call.once('data', resolve));
            call.write(turn);
            await back;
          }
          call.end();
          await ended;
        }),
      );
    },
  },
];

export const answers = [...unaries, ...streams];
