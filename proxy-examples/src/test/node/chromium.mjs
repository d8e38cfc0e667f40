// Headless Chromium opens a page and from it a WebSocket to where the page came from, and says itself over which protocols.
// Arguments: the program, a directory for what it writes, and the hash of the public key of the proxy's certificate.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { WebSocketServer } from 'ws';

import { askForRoutes, report } from './report.mjs';
import { Route } from './routes.mjs';

const [program, directory, trustedKey] = process.argv.slice(2);
const netLog = join(directory, 'net-log.json');
const PATIENCE_MILLIS = 60_000;
const LONG = 300_000;

/** Runs in the page. */
async function converse(long) {
  const seen = [`page over ${performance.getEntriesByType('navigation')[0].nextHopProtocol}`];
  const ws = new WebSocket(`${location.protocol.replace('http', 'ws')}//${location.host}/socket`, ['first', 'second']);
  ws.binaryType = 'arraybuffer';
  const next = (event) =>
    new Promise((resolve, reject) => {
      ws.addEventListener(event, resolve, { once: true });
      ws.addEventListener('error', () => reject(new Error('the WebSocket failed')), { once: true });
    });
  await next('open');
  seen.push(`open, ${ws.protocol}`);
  for (const text of ['', 'hello', 'κόσμε', 'x'.repeat(long)]) {
    ws.send(text);
    seen.push((await next('message')).data === text ? 'the same text back' : 'another text back');
  }
  const bytes = Uint8Array.from({ length: long }, (_, i) => (i * 31) % 251);
  ws.send(bytes);
  const back = new Uint8Array((await next('message')).data);
  seen.push(
    back.length === long && back.every((byte, i) => byte === bytes[i]) ? 'the same bytes back' : 'other bytes back',
  );
  ws.send('close');
  const { code, reason, wasClean } = await next('close');
  seen.push(`closed ${wasClean ? 'cleanly' : 'uncleanly'} by the server, ${code} ${reason}`);

  const other = new WebSocket(ws.url);
  await new Promise((resolve, reject) => {
    other.onopen = resolve;
    other.onerror = () => reject(new Error('the second WebSocket failed'));
  });
  const closed = new Promise((resolve) => (other.onclose = resolve));
  other.close(3001, 'enough');
  const own = await closed;
  seen.push(`closed ${own.wasClean ? 'cleanly' : 'uncleanly'} by the client, ${own.code} ${own.reason}`);
  return seen;
}

const CONVERSATION = [
  'open, second',
  'the same text back',
  'the same text back',
  'the same text back',
  'the same text back',
  'the same bytes back',
  'closed cleanly by the server, 4001 as you wish',
  'closed cleanly by the client, 3001 enough',
];

/** The target, which knows HTTP/1.1 only. */
const heard = [];
const server = http.createServer((request, response) => {
  response.setHeader('Content-Type', 'text/html');
  response.end('<!doctype html><link rel="icon" href="data:,"><title>Peers</title>');
});
new WebSocketServer({ server, perMessageDeflate: true, handleProtocols: (offered) => [...offered].at(-1) }).on(
  'connection',
  (ws, request) => {
    heard.push(`${request.method} HTTP/${request.httpVersion}, ${ws.extensions}`);
    ws.on('message', (data, binary) =>
      data.toString() === 'close' ? ws.close(4001, 'as you wish') : ws.send(data, { binary }),
    );
    ws.on('close', (code, reason) => heard.push(`close ${code} ${reason}`));
  },
);
server.listen(0, '127.0.0.1');
await once(server, 'listening');

/** Chromium, told what to do by the DevTools protocol over two pipes; it ends when they do. */
class Browser {
  #process;
  #pending = new Map();
  #listeners = [];
  #last = 0;
  #rest = '';

  constructor() {
    this.#process = spawn(
      program,
      [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-dev-shm-usage',
        '--disable-quic',
        '--no-first-run',
        '--no-proxy-server',
        '--host-resolver-rules=MAP *.example.com 127.0.0.1',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--disable-extensions',
        `--user-data-dir=${join(directory, 'profile')}`,
        `--ignore-certificate-errors-spki-list=${trustedKey}`,
        `--log-net-log=${netLog}`,
        '--remote-debugging-pipe',
      ],
      { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
    );
    this.ended = once(this.#process, 'exit');
    this.#process.on('error', (error) => this.#failAll(error));
    this.#process.on('exit', () => this.#failAll(new Error('Chromium has ended')));
    this.#process.stdio[4].setEncoding('utf8').on('data', (chunk) => this.#read(chunk));
  }

  #failAll(error) {
    this.#pending.forEach(({ reject }) => reject(error));
    this.#pending.clear();
  }

  #read(chunk) {
    const lines = (this.#rest + chunk).split('\0');
    this.#rest = lines.pop();
    for (const message of lines.map((line) => JSON.parse(line))) {
      const pending = this.#pending.get(message.id);
      if (pending === undefined) {
        this.#listeners.forEach((listener) => listener(message));
      } else if (message.error) {
        pending.reject(new Error(message.error.message));
      } else {
        pending.resolve(message.result);
      }
      this.#pending.delete(message.id);
    }
  }

  send(method, params = {}, sessionId = undefined) {
    const id = ++this.#last;
    this.#process.stdio[3].write(JSON.stringify({ id, method, params, sessionId }) + '\0');
    return new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }));
  }

  onEvent(listener) {
    this.#listeners.push(listener);
  }

  kill() {
    this.#process.kill('SIGKILL');
  }
}

/** Opens the page in a tab of its own and has it converse; returns what the page saw and what the browser says of it. */
async function visit(browser, url) {
  const { targetId } = await browser.send('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await browser.send('Target.attachToTarget', { targetId, flatten: true });
  const handshakes = [];
  const loaded = new Promise((resolve) =>
    browser.onEvent((event) => {
      if (event.sessionId !== sessionId) {
        return;
      }
      if (event.method === 'Page.loadEventFired') {
        resolve();
      } else if (event.method === 'Network.webSocketHandshakeResponseReceived') {
        handshakes.push(`WebSocket answered ${event.params.response.status}`);
      }
    }),
  );
  await browser.send('Network.enable', {}, sessionId);
  await browser.send('Page.enable', {}, sessionId);
  await browser.send('Page.navigate', { url }, sessionId);
  await loaded;
  const { result, exceptionDetails } = await browser.send(
    'Runtime.evaluate',
    { expression: `(${converse})(${LONG})`, awaitPromise: true, returnByValue: true },
    sessionId,
  );
  await browser.send('Target.closeTarget', { targetId });
  return { page: result.value ?? [exceptionDetails.exception.description.split('\n')[0]], handshakes };
}

/** The heads of the extended CONNECT requests (RFC 8441) in Chromium's log of its network, and of the answers to them. */
function extendedConnects() {
  const { constants, events } = JSON.parse(readFileSync(netLog, 'utf8'));
  const types = constants.logEventTypes;
  const lines = [];
  const streams = new Set();
  for (const { type, params, source } of events) {
    const stream = `${source.id} ${params?.stream_id}`;
    if (type === types.HTTP2_SESSION_SEND_HEADERS && params.headers.includes(':protocol: websocket')) {
      streams.add(stream);
      lines.push(...params.headers.filter((line) => /^:(method|protocol|path)/.test(line)));
    } else if (type === types.HTTP2_SESSION_RECV_HEADERS && streams.has(stream)) {
      lines.push(...params.headers.filter((line) => line.startsWith(':status')));
    }
  }
  return lines;
}

const CONNECT = [':method: CONNECT', ':path: /socket', ':protocol: websocket'];
const direct = new Route({ name: 'directly', protocol: 'http', port: server.address().port });
const routes = await askForRoutes({ chromium: `127.0.0.1:${direct.port}` });
const browser = new Browser();
process.on('exit', () => browser.kill());
setTimeout(() => {
  console.error('Chromium took too long');
  process.exit(1);
}, PATIENCE_MILLIS);

for (const route of [direct, ...routes]) {
  heard.length = 0;
  const { page, handshakes } = await visit(browser, `${route.tls ? 'https' : 'http'}://${route.host}:${route.port}/`);
  report(
    'a page and its WebSockets',
    route.name,
    {
      page: [`page over ${route.http2 ? 'h2' : 'http/1.1'}`, ...CONVERSATION],
      // The status is 101 where the WebSocket is an upgrade of HTTP/1.1, to which a browser falls back.
      handshakes: Array(2).fill(`WebSocket answered ${route.http2 ? 200 : 101}`),
      target: [
        'GET HTTP/1.1, permessage-deflate',
        'close 4001 as you wish',
        'GET HTTP/1.1, permessage-deflate',
        'close 3001 enough',
      ],
    },
    { page, handshakes, target: [...heard] },
  );
}
await browser.send('Browser.close');
await browser.ended;
const connects = extendedConnects();
report(
  'the WebSockets over HTTP/2 in the log of the network',
  'all routes',
  routes.filter((route) => route.http2).flatMap(() => [...CONNECT, ':status: 200', ...CONNECT, ':status: 200']),
  connects,
);
process.exit();
