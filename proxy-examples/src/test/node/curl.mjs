// curl, directly and through the proxy, and targets that speak HTTP/1.1, HTTP/2 in clear text, HTTP/2 over TLS, and HTTP/1.1
// over a Unix domain socket. Arguments: a directory for the socket, and the certificate of the target with TLS and its key.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { cases, serve } from './curl-cases.mjs';
import { askForRoutes, playAll } from './report.mjs';
import { Route } from './routes.mjs';
import { describe } from './transcript.mjs';

const PATIENCE_SECONDS = 20;
const SCHEMES = { http: 'http', h2c: 'http', https: 'https', h2: 'https' };
const PROTOCOLS = { http: '--http1.1', h2c: '--http2-prior-knowledge', https: '--http1.1', h2: '--http2' };
/** What the proxy adds to requests, and what each protocol has for itself, is not compared. */
const COMPARED =
  /^(x-own|x-trailer|link|location|content-length|content-type|content-encoding|set-cookie|etag|allow|retry-after)$/;

const [directory = mkdtempSync(join(tmpdir(), 'curl-')), chain, key] = process.argv.slice(2);

/** One case on one route: what curl got, and what the target was asked. */
class Run {
  static #last = 0;

  client = [];
  server = [];
  number = ++Run.#last;

  constructor(scenario, route) {
    this.scenario = scenario;
    this.route = route;
  }

  /** Trailers come to this file as well, after the body. */
  get #heads() {
    return join(directory, `heads-${this.number}`);
  }

  get arguments() {
    const { host, protocol, port, caFile } = this.route;
    return [
      '--silent',
      '--show-error',
      '--path-as-is',
      '--no-buffer',
      '--max-time',
      String(PATIENCE_SECONDS),
      '--noproxy',
      '*',
      PROTOCOLS[protocol],
      ...(caFile === undefined ? [] : ['--cacert', caFile]),
      '--connect-to',
      `::127.0.0.1:${port}`,
      '--header',
      `X-Run: ${this.number}`,
      '--dump-header',
      this.#heads,
    ];
  }

  url(path) {
    return `${SCHEMES[this.route.protocol]}://${this.route.host}${path}`;
  }

  /** Starts curl; the promise in `ended` is of what it got. */
  start(path, options = [], input = '') {
    const curl = spawn('curl', [...this.arguments, ...options, this.url(path)]);
    curl.stdin.on('error', () => {});
    curl.stdin.end(input);
    const body = [];
    const errors = [];
    curl.stdout.on('data', (chunk) => body.push(chunk));
    curl.stderr.on('data', (chunk) => errors.push(chunk));
    curl.ended = once(curl, 'close').then(() => [
      ...this.#comparedHeads(),
      describe('body', Buffer.concat(body)),
      ...Buffer.concat(errors).toString().split('\n').filter(Boolean),
    ]);
    return curl;
  }

  #comparedHeads() {
    const text = existsSync(this.#heads) ? readFileSync(this.#heads, 'latin1') : '';
    const { ignored = [] } = this.scenario;
    // Fields of different names have no order.
    return text.split('\r\n\r\n').flatMap((head) =>
      head
        .split('\r\n')
        .map(comparedLine)
        .filter((line) => line !== undefined && !ignored.some((name) => line.startsWith(`${name}:`)))
        .sort(byName),
    );
  }

  async play() {
    try {
      await this.scenario.client(this);
    } catch (error) {
      this.client.push(`failed: ${error.message}`);
    }
    return { client: this.client, server: this.server };
  }
}

/** Of a head, status and fields, in the same form for each protocol. */
function comparedLine(line) {
  const status = /^HTTP\/[0-9.]+ ([0-9]{3})/.exec(line);
  if (status) {
    return status[1];
  }
  const field = /^([^:\s]+):\s*(.*)$/.exec(line);
  if (field && COMPARED.test(field[1].toLowerCase())) {
    return `${field[1].toLowerCase()}: ${field[2]}`;
  }
  return undefined;
}

function byName(one, other) {
  const [a, b] = [one, other].map((line) => line.split(':')[0]);
  return a < b ? -1 : a > b ? 1 : 0;
}

const runs = new Map();

function answer(request, response) {
  const run = runs.get(request.headers['x-run']);
  if (run === undefined) {
    response.end('well');
    return;
  }
  const spoken = request.httpVersion;
  const wanted = ['h2c', 'https'].includes(run.route.target) ? '2.0' : '1.1';
  run.server.push(spoken === wanted ? 'the protocol of the deployment' : `HTTP/${spoken}`);
  serve(request, response, run).catch((error) => run.server.push(`failed: ${error.message}`));
}

function listen(server, at) {
  // Longer than the proxy keeps a connection: one that the target closes first may take an upload with it.
  server.keepAliveTimeout = 60_000;
  server.on('checkContinue', (request, response) => {
    response.writeContinue();
    answer(request, response);
  });
  server.on('request', answer);
  server.listen(at, '127.0.0.1');
  return once(server, 'listening');
}

const plain = http.createServer({ maxHeaderSize: 1 << 17 });
await listen(plain, 0);
const port = plain.address().port;
const targets = { http: `127.0.0.1:${port}` };
if (chain !== undefined) {
  const socket = join(directory, 'target.sock');
  await listen(http.createServer({ maxHeaderSize: 1 << 17 }), socket);
  const clear = http2.createServer({ settings: { maxHeaderListSize: 1 << 17 } });
  await listen(clear, 0);
  const secure = http2.createSecureServer({
    cert: readFileSync(chain),
    key: readFileSync(key),
    settings: { maxHeaderListSize: 1 << 17 },
  });
  await listen(secure, 0);
  targets.unix = `unix:${socket}`;
  targets.h2c = `h2c://127.0.0.1:${clear.address().port}`;
  targets.https = `https://localhost:${secure.address().port}`;
}

const routes = await askForRoutes(targets);
const direct = new Route({ name: 'directly', protocol: 'http', port });
await playAll(
  cases,
  direct,
  routes,
  (scenario, route) => {
    const run = new Run(scenario, route);
    runs.set(String(run.number), run);
    return run.play();
  },
  // What the proxy speaks with clients, and what with targets, each once with every other would be many processes.
  (scenario, route) => route.target === 'http' || ['http', 'h2'].includes(route.protocol),
);
process.exit();
