// Streams of HTTP/2 that one end resets in mid-call: the other end has to see it, with the same code. What a gRPC library makes
// of a deadline or a cancellation is a reset, but it does not tell with which code.

import { once } from 'node:events';
import http2 from 'node:http2';

import { playAll, withPatience } from './report.mjs';
import { startResettingTarget } from './resetting-target.mjs';
import { Route } from './routes.mjs';

const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_ENHANCE_YOUR_CALM } = http2.constants;
const CODES = {
  [NGHTTP2_CANCEL]: 'CANCEL',
  [NGHTTP2_INTERNAL_ERROR]: 'INTERNAL_ERROR',
  [NGHTTP2_ENHANCE_YOUR_CALM]: 'ENHANCE_YOUR_CALM',
};
const ports = {};
const GRPC = { 'content-type': 'application/grpc', te: 'trailers' };

function resetWith(code) {
  return `reset with ${CODES[code] ?? code}`;
}

/** Writes down how a stream ends. */
function follow(stream, transcript) {
  stream.on('data', (chunk) => transcript.push(`data "${chunk}"`));
  stream.on('error', () => {});
  return new Promise((resolve) =>
    stream.on('close', () => {
      transcript.push(stream.rstCode === 0 ? 'end' : resetWith(stream.rstCode));
      resolve();
    }),
  );
}

function byClient(name, code, leave) {
  return {
    name: `the client resets ${name}`,
    async client(run) {
      const stream = run.request();
      const ended = follow(stream, []);
      stream.write('hello');
      await leave(stream, run);
      stream.close(code);
      await ended;
    },
    expect: { client: [], server: ['data "hello"', resetWith(code)] },
  };
}

const byClients = [
  {
    ...byClient('before the answer has begun', NGHTTP2_CANCEL, (stream, run) => run.heard),
    server(stream, run) {
      stream.once('data', run.hear);
    },
  },
  {
    ...byClient('an answer that has begun', NGHTTP2_CANCEL, (stream) => once(stream, 'data')),
    server(stream) {
      stream.respond({ ':status': 200, ...GRPC });
      stream.write('welcome');
    },
  },
  {
    ...byClient('after its side has ended', NGHTTP2_CANCEL, async (stream, run) => {
      stream.end();
      await run.heard;
    }),
    server(stream, run) {
      stream.once('end', () => {
        run.server.push('request ended');
        run.hear();
      });
    },
    expect: { client: [], server: ['data "hello"', 'request ended', resetWith(NGHTTP2_CANCEL)] },
  },
];

function byTarget(name, code, answered) {
  return {
    name: `the target resets ${name} with ${CODES[code]}`,
    async client(run) {
      const stream = run.request();
      const ended = follow(stream, run.client);
      stream.on('response', (headers) => run.client.push(`status ${headers[':status']}`));
      if (answered) {
        stream.write('answer');
        await once(stream, 'data');
      }
      stream.write(`reset with ${code}`);
      await ended;
    },
    expect: { client: [...(answered ? ['status 200', 'data "welcome"'] : []), resetWith(code)], server: [] },
  };
}

const byTargets = Object.keys(CODES).flatMap((code) => [
  byTarget('before it has answered', Number(code), false),
  byTarget('an answer that has begun', Number(code), true),
]);

class Run {
  static #last = 0;

  client = [];
  server = [];
  number = ++Run.#last;
  heard = new Promise((resolve) => (this.hear = () => resolve()));
  ended = new Promise((resolve) => (this.end = resolve));

  constructor(scenario, route) {
    this.scenario = scenario;
    this.route = route;
  }

  request() {
    return this.route
      .session()
      .request(
        { ':method': 'POST', ':path': `/${this.number}`, ':authority': this.route.host, ...GRPC },
        { endStream: false },
      );
  }
}

const runs = new Map();
const server = http2.createServer();
server.on('stream', (stream, headers) => {
  const run = runs.get(headers[':path'].slice(1));
  if (run === undefined) {
    stream.close();
  } else {
    follow(stream, run.server).then(run.end);
    run.scenario.server(stream, run);
  }
});

async function play(scenario, route) {
  const run = new Run(scenario, route);
  runs.set(String(run.number), run);
  const heard = scenario.server === undefined ? undefined : run.ended;
  await withPatience(route, Promise.all([scenario.client(run), heard]), run.client);
  return { client: run.client, server: run.server };
}

/** Starts the targets and returns their addresses. */
export async function startResetTargets() {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ports.left = server.address().port;
  ports.resetting = await startResettingTarget();
  return Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, `h2c://127.0.0.1:${port}`]));
}

/** Plays what concerns the routes to these targets. */
export async function playResets(routes) {
  for (const [name, cases] of [
    ['left', byClients],
    ['resetting', byTargets],
  ]) {
    const direct = new Route({ name: 'directly', protocol: 'h2c', port: ports[name] });
    await playAll(
      cases,
      direct,
      routes.filter((route) => route.target === name),
      play,
    );
  }
}
