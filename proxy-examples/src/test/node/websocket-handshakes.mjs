// Requests for upgrades and what comes of them, with bytes that follow at once.

import { once } from 'node:events';

import { BINARY, CLOSE, PING, TEXT, closing, frame, pattern } from './frames.mjs';
import { switching } from './handshake.mjs';
import { describe, followBytes } from './transcript.mjs';
import { compressible } from './websocket-messages.mjs';

function refused(name, status, fields, body, { reason = 'no reason', text = body } = {}) {
  return {
    name,
    async client(run) {
      const ws = await run.open();
      await ws.ended;
    },
    answer(run, request, socket) {
      socket.end(`HTTP/1.1 ${status} Refused\r\n${fields}Connection: close\r\n\r\n${body}`);
    },
    expect: { client: [`refused ${status}, ${reason}`, describe('body', text)], server: [] },
  };
}

export const handshakes = [
  {
    name: 'a subprotocol that the server chooses',
    serverOptions: { handleProtocols: (offered) => [...offered][1] },
    async client(run) {
      const ws = await run.open({ protocols: ['first.example', 'second.example'] });
      ws.close(1000);
      await ws.ended;
    },
    server(ws, run, request) {
      run.server.push(`offered ${request.headers['sec-websocket-protocol'].replace(/\s/g, '')}`);
    },
    expect: {
      client: ['open, second.example, no extension', 'close 1000 ""'],
      server: ['offered first.example,second.example', 'close 1000 ""'],
    },
  },
  {
    name: 'the fields of the handshake',
    async client(run) {
      const ws = await run.open({
        origin: 'https://example.com',
        headers: { Cookie: 'a=1; b=2', 'X-Own': 'kept', Authorization: 'Bearer token' },
      });
      ws.close(1000);
      await ws.ended;
    },
    server(ws, run, request) {
      run.server.push(`host ${request.headers.host === run.route.host ? "the client's" : request.headers.host}`);
      for (const name of ['origin', 'cookie', 'x-own', 'authorization', 'sec-websocket-version', 'upgrade']) {
        run.server.push(`${name}: ${request.headers[name]}`);
      }
      run.server.push(`connection: ${request.headers.connection.toLowerCase()}`);
      run.server.push(`key of ${Buffer.from(request.headers['sec-websocket-key'], 'base64').length} bytes`);
      run.server.push(
        `framed by ${request.headers['content-length'] ?? request.headers['transfer-encoding'] ?? 'nothing'}`,
      );
    },
    expect: {
      client: ['open, no protocol, no extension', 'close 1000 ""'],
      server: [
        "host the client's",
        'origin: https://example.com',
        'cookie: a=1; b=2',
        'x-own: kept',
        'authorization: Bearer token',
        'sec-websocket-version: 13',
        'upgrade: websocket',
        'connection: upgrade',
        'key of 16 bytes',
        'framed by nothing',
        'close 1000 ""',
      ],
    },
  },
  {
    name: 'the fields of the answer',
    async client(run) {
      const connection = run.raw();
      let head = '';
      connection.on('data', (chunk) => (head += chunk.toString('latin1')));
      connection.write(run.request());
      await connection.ended;
      run.client.push(
        ...head
          .split('\r\n')
          .filter((line) => /^(x-own|set-cookie):/i.test(line))
          .map((line) => line.toLowerCase()),
      );
    },
    answer(run, request, socket) {
      const ended = followBytes(socket, run.server, { head: false });
      socket.end(
        switching(request, ['X-Own: kept', 'Set-Cookie: a=1', 'Set-Cookie: b=2']) +
          frame({ opcode: CLOSE }).toString('latin1'),
        'latin1',
      );
      return ended;
    },
    expect: {
      client: ['101', 'frame 8 ""', 'end', 'x-own: kept', 'set-cookie: a=1', 'set-cookie: b=2'],
      server: ['end'],
    },
  },
  refused('a handshake that the server refuses', 403, 'X-Reason: members only\r\nContent-Length: 6\r\n', 'go off', {
    reason: 'members only',
  }),
  refused('a handshake that the server redirects', 302, 'Location: /elsewhere\r\nContent-Length: 0\r\n', '', {
    reason: '/elsewhere',
  }),
  refused(
    'a handshake that the server answers at length',
    401,
    `Content-Length: ${300_000}\r\n`,
    compressible(300_000),
  ),
  refused(
    'a handshake that is answered in chunks',
    400,
    'Transfer-Encoding: chunked\r\n',
    '3\r\nnot\r\n3\r\nnow\r\n0\r\n\r\n',
    {
      text: 'notnow',
    },
  ),
  {
    name: 'bytes that the client sends with its request',
    async client(run) {
      const connection = run.raw();
      connection.write(
        Buffer.concat([
          run.request(),
          frame({ opcode: TEXT, payload: 'early', masked: true }),
          frame({ opcode: PING, payload: 'bird', masked: true }),
          frame({ opcode: BINARY, payload: pattern(20_000), masked: true }),
          frame({ opcode: CLOSE, payload: closing(1000), masked: true }),
        ]),
      );
      await connection.ended;
    },
    expect: {
      client: [
        '101',
        'frame 1 "early"',
        'frame 10 "bird"',
        describe('frame 2', pattern(20_000)),
        describe('frame 8', closing(1000)),
        'end',
      ],
      server: ['text "early"', 'ping "bird"', describe('binary', pattern(20_000)), 'close 1000 ""'],
    },
  },
  {
    name: 'bytes that the server sends with its 101',
    async client(run) {
      const ws = await run.open();
      await ws.ended;
    },
    answer(run, request, socket) {
      followBytes(socket, run.server, { head: false });
      socket.write(
        Buffer.concat([
          Buffer.from(switching(request)),
          frame({ opcode: TEXT, payload: 'welcome' }),
          frame({ opcode: BINARY, payload: pattern(70_000) }),
          frame({ opcode: CLOSE, payload: closing(1001, 'bye') }),
        ]),
      );
    },
    expect: {
      client: [
        'open, no protocol, no extension',
        'text "welcome"',
        describe('binary', pattern(70_000)),
        'close 1001 "bye"',
      ],
      server: [describe('frame 8', closing(1001, 'bye')), 'end'],
    },
  },
  {
    name: 'a 101 that comes byte by byte',
    async client(run) {
      const ws = await run.open();
      await ws.ended;
    },
    async answer(run, request, socket) {
      followBytes(socket, run.server, { head: false });
      const bytes = Buffer.concat([
        Buffer.from(switching(request)),
        frame({ opcode: TEXT, payload: 'slow' }),
        frame({ opcode: CLOSE, payload: closing(1000) }),
      ]);
      for (const byte of bytes) {
        await new Promise((resolve) => socket.write(Buffer.of(byte), resolve));
      }
    },
    expect: {
      client: ['open, no protocol, no extension', 'text "slow"', 'close 1000 ""'],
      server: [describe('frame 8', closing(1000)), 'end'],
    },
  },
  {
    name: 'another protocol than WebSocket, with each side ended on its own',
    http1Only: true,
    async client(run) {
      const connection = run.connect();
      let back = '';
      connection.on('data', (chunk) => (back += chunk.toString('latin1')));
      connection.write(run.request().toString().replace('Upgrade: websocket', 'Upgrade: shout'));
      await once(connection, 'data');
      connection.write('how are ');
      connection.end('you?');
      await once(connection, 'end');
      run.client.push(back.slice(back.indexOf('\r\n\r\n') + 4));
    },
    async answer(run, request, socket) {
      let heard = '';
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: shout\r\nConnection: Upgrade\r\n\r\nhello, ');
      socket.on('data', (chunk) => (heard += chunk));
      await once(socket, 'end');
      run.server.push(heard);
      socket.end(heard.toUpperCase());
    },
    expect: { client: ['hello, HOW ARE YOU?'], server: ['how are you?'] },
  },
];
