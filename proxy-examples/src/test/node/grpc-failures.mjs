// Calls that fail, are given up, or take too long.

import grpc from '@grpc/grpc-js';

import { STATUS, followCall, followRequests, statusLine, unary } from './grpc-calls.mjs';
import { describe } from './transcript.mjs';

const DETAILS = 'no: 100 % wrong, Grüße, κόσμε\n';

export const failures = [
  ...Object.entries(STATUS)
    .filter(([code]) => code !== '0')
    .map(([code, name]) => ({
      name: `a call that fails with ${name} at once`,
      async client(run) {
        await unary(run, 'please');
      },
      server: {
        Unary(call, run, callback) {
          const metadata = new grpc.Metadata();
          metadata.set('x-why', 'because');
          metadata.set('x-details-bin', Buffer.from([1, 2, 3]));
          callback({ code: Number(code), details: DETAILS, metadata });
          run.callEnded();
        },
      },
      expect: {
        client: [`${name} "${DETAILS}"; x-details-bin: AQID; x-why: because`],
        server: [],
      },
    })),
  {
    name: 'a method that the server does not have',
    unanswered: true,
    async client(run) {
      await new Promise((resolve) =>
        run.stub
          .Unknown('please', run.metadata(), () => {})
          .on('status', (status) => resolve(run.client.push(statusLine(status)))),
      );
    },
    expect: {
      client: ['UNIMPLEMENTED "The server does not implement the method Unknown"'],
      server: [],
    },
  },
  {
    name: 'a stream of the server that fails after some messages',
    async client(run) {
      await followCall(run.stub.List('go on', run.metadata()), run.client);
    },
    server: {
      List(call, run) {
        call.write('one');
        call.write('two');
        const metadata = new grpc.Metadata();
        metadata.set('x-why', 'because');
        call.emit('error', { code: grpc.status.DATA_LOSS, details: 'lost', metadata });
        run.callEnded();
      },
    },
    expect: {
      client: ['metadata', 'message "one"', 'message "two"', 'DATA_LOSS "lost"; x-why: because'],
      server: [],
    },
  },
  {
    name: 'a stream of the client that the server answers before its end',
    async client(run) {
      const call = run.stub.Collect(run.metadata(), () => {});
      const ended = new Promise((resolve) =>
        call.on('status', (status) => resolve(run.client.push(statusLine(status)))),
      );
      call.on('error', () => {});
      call.write('one');
      await ended;
    },
    server: {
      Collect(call, run, callback) {
        call.once('data', (message) => {
          run.server.push(describe('message', message));
          callback({ code: grpc.status.RESOURCE_EXHAUSTED, details: 'enough' });
          run.callEnded();
        });
      },
    },
    expect: { client: ['RESOURCE_EXHAUSTED "enough"'], server: ['message "one"'] },
  },
  {
    name: 'a deadline that passes before the answer',
    async client(run) {
      await unary(run, 'slowly', {}, { deadline: Date.now() + 150 });
    },
    server: {
      Unary(call, run) {
        const left = call.getDeadline() - Date.now();
        run.server.push(left > 0 && left <= 150 ? 'deadline as given' : `deadline in ${left} ms`);
        call.on('cancelled', () => {
          run.server.push('cancelled');
          run.callEnded();
        });
      },
    },
    condense: (lines) => lines.map((each) => each.replace(/DEADLINE_EXCEEDED ".*"/s, 'DEADLINE_EXCEEDED')),
    expect: { client: ['DEADLINE_EXCEEDED'], server: ['deadline as given', 'cancelled'] },
  },
  {
    name: 'a deadline that passes in a conversation',
    async client(run) {
      const call = run.stub.Chat(run.metadata(), { deadline: Date.now() + 250 });
      call.write('hello');
      await followCall(call, run.client);
    },
    server: {
      Chat(call, run) {
        followRequests(call, run);
        call.write('welcome');
      },
    },
    condense: (lines) => lines.map((each) => each.replace(/DEADLINE_EXCEEDED ".*"/s, 'DEADLINE_EXCEEDED')),
    expect: {
      client: ['metadata', 'message "welcome"', 'DEADLINE_EXCEEDED'],
      server: ['message "hello"', 'cancelled'],
    },
  },
  {
    name: 'a unary call that the client cancels',
    async client(run) {
      const call = run.stub.Unary('never mind', run.metadata(), () => {});
      run.cancel = () => call.cancel();
      await new Promise((resolve) => call.on('status', (status) => resolve(run.client.push(statusLine(status)))));
    },
    server: {
      Unary(call, run) {
        run.server.push(describe('message', call.request));
        call.on('cancelled', () => {
          run.server.push('cancelled');
          run.callEnded();
        });
        run.cancel();
      },
    },
    expect: { client: ['CANCELLED "Cancelled on client"'], server: ['message "never mind"', 'cancelled'] },
  },
  {
    name: 'a conversation that the client cancels',
    async client(run) {
      const call = run.stub.Chat(run.metadata());
      const ended = followCall(call, run.client);
      call.write('hello');
      await new Promise((resolve) => call.once('data', resolve));
      call.cancel();
      await ended;
    },
    server: {
      Chat(call, run) {
        followRequests(call, run);
        call.write('welcome');
      },
    },
    expect: {
      client: ['metadata', 'message "welcome"', 'CANCELLED "Cancelled on client"'],
      server: ['message "hello"', 'cancelled'],
    },
  },
  {
    name: 'a stream of the server that the client cancels',
    async client(run) {
      const call = run.stub.List('go on', run.metadata());
      const ended = followCall(call, run.client);
      await new Promise((resolve) => call.once('data', resolve));
      call.cancel();
      await ended;
    },
    server: {
      List(call, run) {
        call.on('cancelled', () => {
          run.server.push('cancelled');
          run.callEnded();
        });
        call.write('one');
      },
    },
    expect: { client: ['metadata', 'message "one"', 'CANCELLED "Cancelled on client"'], server: ['cancelled'] },
  },
];
