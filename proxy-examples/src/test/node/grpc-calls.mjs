// The service that the gRPC cases call, and what its ends write down.

import grpc from '@grpc/grpc-js';

import { describe } from './transcript.mjs';

const bytes = (value) => Buffer.from(value);

function method(name, requestStream, responseStream) {
  return {
    path: `/gapless.Peers/${name}`,
    requestStream,
    responseStream,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  };
}

/** What others have a .proto file and a compiler for; the messages are bytes. */
export const definition = {
  Unary: method('Unary', false, false),
  Collect: method('Collect', true, false),
  List: method('List', false, true),
  Chat: method('Chat', true, true),
  Unknown: method('Unknown', false, false),
};

export const STATUS = Object.fromEntries(
  Object.entries(grpc.status)
    .filter(([, code]) => typeof code === 'number')
    .map(([name, code]) => [code, name]),
);

/** Metadata but for what every call has. */
function fields(metadata) {
  return Object.entries(metadata.toHttp2Headers())
    .filter(
      ([name]) =>
        name.startsWith('x-') &&
        !name.startsWith('x-forwarded-') &&
        !name.startsWith('x-re') &&
        !name.startsWith('x-kamal-'),
    )
    .map(([name, values]) => `${name}: ${[values].flat().join(', ')}`)
    .sort();
}

export function line(what, metadata) {
  return [what, ...fields(metadata)].join('; ');
}

/** Writes down what the client sees of a call. Returns a promise of its end. */
export function followCall(call, transcript) {
  call.on('metadata', (metadata) => transcript.push(line('metadata', metadata)));
  call.on('data', (message) => transcript.push(describe('message', message)));
  call.on('error', () => {});
  return new Promise((resolve) => call.on('status', (status) => resolve(transcript.push(statusLine(status)))));
}

export function statusLine({ code, details, metadata }) {
  return line(`${STATUS[code]} "${details}"`, metadata);
}

export function unary(run, message, metadata = {}, options = {}) {
  return new Promise((resolve) => {
    const call = run.stub.Unary(message, run.metadata(metadata), options, (error, answer) => {
      if (answer !== undefined && answer !== null) {
        run.client.push(describe('message', answer));
      }
    });
    call.on('metadata', (initial) => run.client.push(line('metadata', initial)));
    call.on('status', (status) => {
      // The answer is handed over before its status.
      setImmediate(() => resolve(run.client.push(statusLine(status))));
    });
  });
}

/** Writes down what the server sees of a call. Returns what to call when the server has done its part. */
export function followRequests(call, run) {
  let over = false;
  const end = () => {
    over = true;
    run.callEnded();
  };
  call.on('data', (message) => run.server.push(describe('message', message)));
  call.on('error', () => {});
  call.on('cancelled', () => {
    if (!over) {
      run.server.push('cancelled');
      end();
    }
  });
  return end;
}
