// Requests by curl, and what the target does with them.

import { once } from 'node:events';
import { gzipSync } from 'node:zlib';

import { pattern } from './frames.mjs';
import { describe } from './transcript.mjs';

const MEBIBYTE = 1 << 20;
const ENCODED = gzipSync(pattern(10_000));
const ODD_PATHS = [
  '//two//slashes',
  '/a%2Fb%2fc',
  '/%7e|pipe',
  '/sp%20ace?q=%&r=/../&s=?',
  '/a;b=c/d',
  '/caf%C3%A9?%zz',
];

async function read(request) {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  await once(request, 'end');
  return Buffer.concat(chunks);
}

/** What the target does; the path says what. */
export async function serve(request, response, run) {
  run.server.push(`${request.method} ${request.url}`);
  const { behaviour } = run.scenario;
  await (behaviour ?? plainly)(request, response, run);
}

function plainly(request, response) {
  response.end();
}

function asked(line, ...more) {
  return ['the protocol of the deployment', line, ...more];
}

function fetched(name, path, options, behaviour, client, server, ignored = []) {
  return {
    name,
    ignored,
    behaviour,
    async client(run) {
      run.client.push(...(await run.start(path, options).ended));
    },
    expect: { client, server },
  };
}

const downloads = [0, 1, 70_000, 4 * MEBIBYTE].flatMap((size) => [
  fetched(
    `a response of ${size} bytes`,
    '/download',
    [],
    (request, response) => {
      response.setHeader('Content-Length', size);
      response.end(pattern(size));
    },
    ['200', `content-length: ${size}`, describe('body', pattern(size))],
    asked('GET /download'),
  ),
  fetched(
    `a response of ${size} bytes whose length is not said`,
    '/download',
    [],
    (request, response) => {
      response.flushHeaders();
      const body = pattern(size);
      for (let at = 0; at < size; at += 100_000) {
        response.write(body.subarray(at, at + 100_000));
      }
      response.end();
    },
    ['200', describe('body', pattern(size))],
    asked('GET /download'),
    // On HTTP/2 the proxy says the length of what it has whole when it begins to answer.
    ['content-length'],
  ),
]);

async function reportUpload(request, response, run) {
  const body = await read(request);
  run.server.push(describe('body', body), `length ${request.headers['content-length'] ?? 'not said'}`);
  response.setHeader('Content-Length', 4);
  response.end('done');
}

const uploads = [0, 1, 70_000, 3 * MEBIBYTE].map((size) => ({
  name: `an upload of ${size} bytes`,
  behaviour: reportUpload,
  async client(run) {
    const options = [
      '--header',
      'Expect:',
      '--header',
      'Content-Type: application/octet-stream',
      '--data-binary',
      '@-',
    ];
    run.client.push(...(await run.start('/upload', options, pattern(size)).ended));
  },
  expect: {
    client: ['200', 'content-length: 4', 'body "done"'],
    server: asked('POST /upload', describe('body', pattern(size)), `length ${size}`),
  },
}));

const otherUploads = [
  {
    name: 'an upload whose length is not said',
    behaviour: reportUpload,
    async client(run) {
      const options = ['--header', 'Expect:', '--upload-file', '-'];
      run.client.push(...(await run.start('/upload', options, pattern(3 * MEBIBYTE)).ended));
    },
    expect: {
      client: ['200', 'content-length: 4', 'body "done"'],
      server: asked('PUT /upload', describe('body', pattern(3 * MEBIBYTE)), 'length not said'),
    },
  },
  {
    name: 'an upload that waits to be let go on',
    http1Only: true,
    behaviour: reportUpload,
    async client(run) {
      const options = ['--header', 'Expect: 100-continue', '--expect100-timeout', '5', '--data-binary', '@-'];
      run.client.push(...(await run.start('/upload', options, pattern(3 * MEBIBYTE)).ended));
    },
    expect: {
      client: ['100', '200', 'content-length: 4', 'body "done"'],
      server: asked('POST /upload', describe('body', pattern(3 * MEBIBYTE)), `length ${3 * MEBIBYTE}`),
    },
  },
];

const heads = [
  fetched(
    'early hints',
    '/hints',
    [],
    (request, response) => {
      response.writeEarlyHints({ link: ['</a.css>; rel=preload; as=style', '</b.js>; rel=preload; as=script'] });
      response.writeEarlyHints({ link: '</c.js>; rel=preload; as=script', 'x-own': 'hint' });
      response.setHeader('Content-Length', 2);
      response.end('ok');
    },
    [
      '103',
      'link: </a.css>; rel=preload; as=style, </b.js>; rel=preload; as=script',
      '103',
      'link: </c.js>; rel=preload; as=script',
      'x-own: hint',
      '200',
      'content-length: 2',
      'body "ok"',
    ],
    asked('GET /hints'),
  ),
  fetched(
    'trailers of a response',
    '/trailers',
    ['--header', 'TE: trailers'],
    (request, response) => {
      response.setHeader('Trailer', 'X-Trailer');
      response.write('one ');
      response.write('two');
      response.addTrailers({ 'X-Trailer': 'sum of all' });
      response.end();
    },
    ['200', 'x-trailer: sum of all', 'body "one two"'],
    asked('GET /trailers'),
  ),
  fetched(
    'a HEAD request',
    '/head',
    ['--head', '--output', '/dev/null'],
    (request, response) => {
      response.setHeader('Content-Length', 12_345);
      response.setHeader('ETag', '"abc"');
      response.end();
    },
    ['200', 'content-length: 12345', 'etag: "abc"', 'body ""'],
    asked('HEAD /head'),
  ),
  ...[204, 304].map((status) =>
    fetched(
      `a response with ${status}`,
      '/bodiless',
      [],
      (request, response) => {
        response.statusCode = status;
        response.setHeader('ETag', '"abc"');
        response.end();
      },
      [String(status), 'etag: "abc"', 'body ""'],
      asked('GET /bodiless'),
    ),
  ),
  fetched(
    'several fields of one name',
    '/cookies',
    [],
    (request, response) => {
      response.setHeader('Set-Cookie', ['a=1; Path=/', 'b=2; HttpOnly']);
      response.setHeader('X-Own', 'kept as it is');
      response.setHeader('Content-Length', 0);
      response.end();
    },
    [
      '200',
      'content-length: 0',
      'set-cookie: a=1; Path=/',
      'set-cookie: b=2; HttpOnly',
      'x-own: kept as it is',
      'body ""',
    ],
    asked('GET /cookies'),
  ),
  fetched(
    'an encoded body',
    '/encoded',
    ['--header', 'Accept-Encoding: gzip'],
    (request, response, run) => {
      run.server.push(`accepts ${request.headers['accept-encoding']}`);
      response.setHeader('Content-Encoding', 'gzip');
      response.setHeader('Content-Length', ENCODED.length);
      response.end(ENCODED);
    },
    ['200', 'content-encoding: gzip', `content-length: ${ENCODED.length}`, describe('body', ENCODED)],
    asked('GET /encoded', 'accepts gzip'),
  ),
  fetched(
    'a long URL',
    `/long?${'q'.repeat(20_000)}`,
    [],
    plainLength,
    ['200', 'content-length: 0', 'body ""'],
    asked(`GET /long?${'q'.repeat(20_000)}`),
  ),
  fetched(
    'the options of the server',
    '/',
    ['--request', 'OPTIONS', '--request-target', '*'],
    (request, response) => {
      response.setHeader('Allow', 'GET, OPTIONS');
      response.setHeader('Content-Length', 0);
      response.end();
    },
    ['200', 'allow: GET, OPTIONS', 'content-length: 0', 'body ""'],
    asked('OPTIONS *'),
  ),
  ...ODD_PATHS.map((path) =>
    fetched(
      `the path ${path}`,
      '/',
      ['--request-target', path],
      plainLength,
      ['200', 'content-length: 0', 'body ""'],
      asked(`GET ${path}`),
    ),
  ),
  fetched(
    'an error of the target',
    '/unavailable',
    [],
    (request, response) => {
      response.statusCode = 503;
      response.setHeader('Retry-After', '7');
      response.setHeader('Content-Length', 5);
      response.end('later');
    },
    ['503', 'content-length: 5', 'retry-after: 7', 'body "later"'],
    asked('GET /unavailable'),
  ),
];

function plainLength(request, response) {
  response.setHeader('Content-Length', 0);
  response.end();
}

const events = [
  {
    name: 'events, each sent when the client has the one before',
    async behaviour(request, response, run) {
      response.setHeader('Content-Type', 'text/event-stream');
      response.flushHeaders();
      for (let i = 1; i <= 5; i++) {
        response.write(`data: ${i}\n\n`);
        await run.arrived(i);
      }
      response.end();
    },
    async client(run) {
      const arrivals = [];
      const waiting = [];
      run.arrived = (i) => new Promise((resolve) => (arrivals[i] ? resolve() : (waiting[i] = resolve)));
      const curl = run.start('/events');
      let text = '';
      curl.stdout.on('data', (chunk) => {
        text += chunk;
        for (const [, i] of text.matchAll(/data: (\d+)\n\n/g)) {
          arrivals[i] = true;
          waiting[i]?.();
        }
      });
      run.client.push(...(await curl.ended));
    },
    expect: {
      client: [
        '200',
        'content-type: text/event-stream',
        describe('body', Array.from({ length: 5 }, (_, i) => `data: ${i + 1}\n\n`).join('')),
      ],
      server: asked('GET /events'),
    },
  },
  {
    name: 'a client of events that leaves while there is none',
    async behaviour(request, response, run) {
      response.setHeader('Content-Type', 'text/event-stream');
      response.flushHeaders();
      response.write(': hello\n\n');
      response.on('close', () => run.left());
    },
    async client(run) {
      const left = new Promise((resolve) => (run.left = resolve));
      const curl = run.start('/events');
      await Promise.race([once(curl.stdout, 'data'), curl.ended]);
      curl.kill('SIGKILL');
      const began = performance.now();
      let timer;
      const late = new Promise((resolve) => (timer = setTimeout(resolve, 3_000)));
      await Promise.race([left, late]);
      clearTimeout(timer);
      const seconds = (performance.now() - began) / 1000;
      run.server.push(seconds < 1 ? 'left within a second' : `not left after ${seconds.toFixed(1)} s`);
    },
    expect: { client: [], server: asked('GET /events', 'left within a second') },
  },
];

export const cases = [...downloads, ...uploads, ...otherUploads, ...heads, ...events];
