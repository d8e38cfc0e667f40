// The server and the client of @grpc/grpc-js, directly and through the proxy: calls of each kind, with what both ends see.

import grpc from '@grpc/grpc-js';
import { readFileSync } from 'node:fs';

import { answers } from './grpc-answers.mjs';
import { definition } from './grpc-calls.mjs';
import { failures } from './grpc-failures.mjs';
import { playResets, startResetTargets } from './grpc-resets.mjs';
import { askForRoutes, playAll, withPatience } from './report.mjs';
import { Route } from './routes.mjs';

const OPTIONS = {
  'grpc.enable_http_proxy': 0,
  'grpc.enable_retries': 0,
  'grpc.use_local_subchannel_pool': 1,
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
};

const Client = grpc.makeGenericClientConstructor(definition, 'Peers');

/** One case on one route: what its ends saw. */
class Run {
  static #last = 0;

  client = [];
  server = [];
  number = ++Run.#last;
  #left;
  #serverEnded;
  #serverHasEnded = new Promise((resolve) => (this.#serverEnded = resolve));

  constructor(scenario, route) {
    this.scenario = scenario;
    this.route = route;
    this.#left = scenario.calls ?? 1;
    this.stub = clientOf(route);
  }

  /** By this the server finds the run that a call belongs to. */
  metadata(fields = {}) {
    const metadata = new grpc.Metadata();
    metadata.set('run', String(this.number));
    for (const [name, values] of Object.entries(fields)) {
      [values].flat().forEach((value) => metadata.add(name, value));
    }
    return metadata;
  }

  callEnded() {
    if (--this.#left === 0) {
      this.#serverEnded();
    }
  }

  async play() {
    const answered = this.scenario.unanswered ? undefined : this.#serverHasEnded;
    await withPatience(this.route, Promise.all([this.scenario.client(this), answered]), this.client);
    const { condense = (lines) => lines } = this.scenario;
    return { client: condense(this.client), server: condense(this.server) };
  }
}

const clients = new Map();

/** One client, and so one connection, a route. */
function clientOf(route) {
  if (!clients.has(route)) {
    const credentials = route.tls ? grpc.credentials.createSsl(route.ca) : grpc.credentials.createInsecure();
    const options = { ...OPTIONS, 'grpc.default_authority': route.host };
    if (route.tls) {
      options['grpc.ssl_target_name_override'] = route.host;
    }
    clients.set(route, new Client(`ipv4:127.0.0.1:${route.port}`, credentials, options));
  }
  return clients.get(route);
}

const runs = new Map();

/** Hands each call to the case that it belongs to. */
function handle(method) {
  return (call, callback) => {
    const run = runs.get(call.metadata.get('run')[0]);
    run.scenario.server[method](call, run, callback);
  };
}

const server = new grpc.Server(OPTIONS);
server.addService(
  definition,
  Object.fromEntries(
    Object.keys(definition)
      .filter((method) => method !== 'Unknown')
      .map((method) => [method, handle(method)]),
  ),
);

function listen(credentials) {
  return new Promise((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', credentials, (error, port) => (error ? reject(error) : resolve(port))),
  );
}

const [chain, key] = process.argv.slice(2).map((file) => readFileSync(file));
const port = await listen(grpc.ServerCredentials.createInsecure());
const targets = { grpc: `h2c://127.0.0.1:${port}` };
if (chain !== undefined) {
  const secure = await listen(grpc.ServerCredentials.createSsl(null, [{ cert_chain: chain, private_key: key }]));
  targets['grpc-tls'] = `https://localhost:${secure}`;
}
Object.assign(targets, await startResetTargets());

const routes = await askForRoutes(targets);
const direct = new Route({ name: 'directly', protocol: 'h2c', port });
await playAll(
  [...answers, ...failures],
  direct,
  routes.filter((route) => route.target.startsWith('grpc')),
  (scenario, route) => {
    const run = new Run(scenario, route);
    runs.set(String(run.number), run);
    return run.play();
  },
);
await playResets(routes);
process.exit();
