// The ws package's server, and clients that come to it directly and through the proxy: whatever either end does, the other
// has to see what it sees without the proxy. Each case has a transcript of both ends.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import { join } from 'node:path';
import { WebSocket, WebSocketServer } from 'ws';

import { closing } from './frames.mjs';
import { askForRoutes, playAll, withPatience } from './report.mjs';
import { Route } from './routes.mjs';
import { describe, follow, followBytes } from './transcript.mjs';
import { faults } from './websocket-faults.mjs';
import { handshakes } from './websocket-handshakes.mjs';
import { messages } from './websocket-messages.mjs';
import { partings } from './websocket-partings.mjs';

// Longer than anybody waits: a close that is not answered has to be seen as that.
const CLOSE_TIMEOUT_MILLIS = 60_000;

/** One case on one route: what its ends saw. */
class Run {
  static #last = 0;

  client = [];
  server = [];
  number = ++Run.#last;
  #open = new Set();
  #left;
  #serverEnded;
  serverEnded = new Promise((resolve) => (this.#serverEnded = resolve));

  constructor(scenario, route) {
    this.scenario = scenario;
    this.route = route;
    this.#left = scenario.connections ?? 1;
  }

  /** Opens a WebSocket whose events go to the client's transcript; returns it once it is open, or has failed. */
  async open(options = {}) {
    const { protocols = [], ...rest } = options;
    const ws = new WebSocket(`ws://${this.route.host}/${this.number}`, protocols, {
      createConnection: () => this.connect(),
      perMessageDeflate: this.scenario.deflate ?? false,
      closeTimeout: CLOSE_TIMEOUT_MILLIS,
      ...rest,
    });
    ws.ended = follow(ws, this.client);
    await Promise.race([new Promise((resolve) => ws.once('open', resolve)), ws.ended]);
    return ws;
  }

  /** A connection on which bytes are sent as they are; the frames that come go to the client's transcript. */
  raw() {
    const connection = this.connect();
    connection.ended = followBytes(connection, this.client, { head: true });
    return connection;
  }

  /** A connection of which nothing is written down. */
  connect() {
    return this.#track(this.route.connect());
  }

  /** The request for an upgrade, which a raw connection begins with. */
  request(fields = []) {
    return Buffer.from(
      [
        `GET /${this.number} HTTP/1.1`,
        `Host: ${this.route.host}`,
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
        ...fields,
        '\r\n',
      ].join('\r\n'),
    );
  }

  accept(request, socket, head) {
    this.#track(socket);
    socket.once('close', () => --this.#left === 0 && this.#serverEnded());
    if (this.scenario.answer !== undefined) {
      socket.on('error', () => {});
      socket.unshift(head);
      this.scenario.answer(this, request, socket, head);
      return;
    }
    const server = new WebSocketServer({
      noServer: true,
      perMessageDeflate: this.scenario.deflate ?? false,
      closeTimeout: CLOSE_TIMEOUT_MILLIS,
      ...this.scenario.serverOptions,
    });
    server.handleUpgrade(request, socket, head, (ws) => {
      follow(ws, this.server);
      (this.scenario.server ?? echo)(ws, this, request);
    });
  }

  /** Plays until both ends have closed. */
  async play() {
    await withPatience(this.route, Promise.all([this.scenario.client(this), this.serverEnded]), this.client);
    this.#open.forEach((socket) => socket.destroy());
    return { client: this.#lines(this.client, 'server'), server: this.#lines(this.server, 'client') };
  }

  #lines(transcript, peer) {
    const { condense = (lines) => lines, closes } = this.scenario;
    const lines = condense(transcript);
    // What the faulty end of a case gets, so that a peer that lets everything pass is noticed on the direct route as well.
    const missing = closes?.peer === peer && !lines.includes(describe('frame 8', closing(closes.code)));
    return missing ? [...lines, `no close frame with ${closes.code}`] : lines;
  }

  #track(socket) {
    this.#open.add(socket);
    return socket;
  }
}

function echo(ws) {
  ws.on('message', (data, binary) => ws.send(data, { binary }));
}

const runs = new Map();

/** Has a server pass upgrades to the cases that they belong to. */
async function listen(server, at) {
  server.on('request', (request, response) => response.end('well'));
  server.on('upgrade', (request, socket, head) => {
    const run = runs.get(request.url.slice(1));
    if (run === undefined) {
      socket.destroy();
    } else {
      run.accept(request, socket, head);
    }
  });
  server.on('clientError', (error, socket) => socket.destroy());
  server.listen(at, '127.0.0.1');
  await once(server, 'listening');
  return server.address().port;
}

const [directory, chain, key] = process.argv.slice(2);
const port = await listen(http.createServer(), 0);
const targets = { websocket: `127.0.0.1:${port}` };
if (directory !== undefined) {
  const socket = join(directory, 'websocket.sock');
  await listen(http.createServer(), socket);
  // Asked for HTTP/2 it would give that, on which it has no WebSockets.
  const options = { cert: readFileSync(chain), key: readFileSync(key), allowHTTP1: true, allowHalfOpen: true };
  targets['websocket-unix'] = `unix:${socket}`;
  targets['websocket-tls'] = `https://localhost:${await listen(http2.createSecureServer(options), 0)}`;
}
const direct = new Route({ name: 'directly', protocol: 'http', port });
const routes = await askForRoutes(targets);
const wellBehaved = new Set([...messages, ...handshakes, ...partings]);
await playAll(
  [...wellBehaved, ...faults],
  direct,
  routes,
  (scenario, route) => {
    const run = new Run(scenario, route);
    runs.set(String(run.number), run);
    return run.play();
  },
  // What the faults show does not depend on how the proxy is connected with the target.
  (scenario, route) => route.target === 'websocket' || wellBehaved.has(scenario),
);
process.exit();
