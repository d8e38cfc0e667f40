// How a client comes to the target: directly, or through the proxy, which each route does in another way.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http2 from 'node:http2';
import net from 'node:net';
import { Duplex } from 'node:stream';
import tls from 'node:tls';

import { acceptOf } from './handshake.mjs';

const ADDRESS = '127.0.0.1';
const END_OF_HEAD = '\r\n\r\n';

/** A way to a port and, where several targets are behind it, to the one that the host names: http, https, h2c or h2. */
export class Route {
  #session;

  constructor({ name, protocol, port, ca, host = 'localhost', target = undefined }) {
    this.name = name;
    this.host = host;
    this.target = target;
    this.protocol = protocol;
    this.port = port;
    this.caFile = ca;
    this.ca = ca === undefined ? undefined : readFileSync(ca);
  }

  get tls() {
    return this.protocol === 'https' || this.protocol === 'h2';
  }

  get http2() {
    return this.protocol === 'h2c' || this.protocol === 'h2';
  }

  /**
   * A connection over which an HTTP/1.1 upgrade is asked for. On the routes that are HTTP/2 it is one stream of a connection
   * that all share: the upgrade becomes an extended CONNECT (RFC 8441).
   */
  connect() {
    if (this.http2) {
      return new UpgradeOverHttp2(this.session(), this.tls ? 'https' : 'http');
    }
    const socket = net.connect({ host: ADDRESS, port: this.port, noDelay: true, allowHalfOpen: true });
    if (!this.tls) {
      return socket;
    }
    const secure = tls.connect({ socket, ca: this.ca, servername: this.host, allowHalfOpen: true });
    secure.resetAndDestroy = () => socket.resetAndDestroy();
    return secure;
  }

  /** The HTTP/2 connection, a new one if the last was closed. */
  session() {
    if (this.#session === undefined || this.#session.closed || this.#session.destroyed) {
      this.#session = http2.connect(`${this.tls ? 'https' : 'http'}://${this.host}`, {
        ca: this.ca,
        createConnection: this.tls
          ? () =>
              tls.connect({
                host: ADDRESS,
                port: this.port,
                ca: this.ca,
                servername: this.host,
                ALPNProtocols: ['h2'],
                noDelay: true,
              })
          : () => net.connect({ host: ADDRESS, port: this.port, noDelay: true }),
      });
      // Whoever uses a stream of it hears of it there.
      this.#session.on('error', () => {});
    }
    return this.#session;
  }

  close() {
    this.#session?.destroy();
  }
}

/**
 * Bytes of an HTTP/1.1 upgrade and what follows, carried by one stream of HTTP/2. It does for clients that know HTTP/1.1 only
 * what a browser does by itself.
 */
class UpgradeOverHttp2 extends Duplex {
  #session;
  #scheme;
  #head = Buffer.alloc(0);
  #stream;

  constructor(session, scheme) {
    super({ allowHalfOpen: true });
    this.#session = session;
    this.#scheme = scheme;
  }

  _write(chunk, encoding, callback) {
    if (this.#stream !== undefined) {
      this.#stream.write(chunk, callback);
      return;
    }
    this.#head = Buffer.concat([this.#head, chunk]);
    const end = this.#head.indexOf(END_OF_HEAD);
    if (end < 0) {
      callback();
      return;
    }
    this.#advertised().then(
      () => this.#open(this.#head.toString('latin1', 0, end), this.#head.subarray(end + 4), callback),
      callback,
    );
  }

  async #advertised() {
    if (this.#session.connecting || this.#session.remoteSettings?.maxFrameSize === undefined) {
      await once(this.#session, 'remoteSettings');
    }
    if (!this.#session.remoteSettings.enableConnectProtocol) {
      throw new Error('extended CONNECT is not advertised');
    }
  }

  #open(head, rest, callback) {
    if (this.destroyed) {
      callback();
      return;
    }
    const [requestLine, ...lines] = head.split('\r\n');
    const fields = lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]);
    const value = (wanted) => fields.find(([name]) => name === wanted)?.[1];
    const headers = {
      ':method': 'CONNECT',
      ':protocol': value('upgrade'),
      ':scheme': this.#scheme,
      ':authority': value('host'),
      ':path': requestLine.split(' ')[1],
    };
    for (const [name, text] of fields) {
      if (!['connection', 'upgrade', 'host', 'sec-websocket-key'].includes(name)) {
        headers[name] = text;
      }
    }
    this.#stream = this.#session.request(headers, { endStream: false });
    this.#follow(value('sec-websocket-key'));
    if (rest.length > 0) {
      this.#stream.write(rest, callback);
    } else {
      callback();
    }
  }

  #follow(key) {
    let ended = false;
    this.#stream.on('response', (headers) => this.push(answer(headers, key)));
    this.#stream.on('data', (chunk) => {
      if (!this.push(chunk)) {
        this.#stream.pause();
      }
    });
    this.#stream.on('end', () => {
      ended = !this.#stream.aborted;
      if (ended) {
        this.push(null);
      }
    });
    this.#stream.on('error', () => {});
    this.#stream.on('close', () => {
      if (!ended || this.#stream.rstCode !== 0) {
        this.destroy(new Error(`the stream was reset with ${this.#stream.rstCode}`));
      }
    });
  }

  _read() {
    this.#stream?.resume();
  }

  _final(callback) {
    if (this.#stream === undefined || this.#stream.destroyed) {
      callback();
    } else {
      this.#stream.end(callback);
    }
  }

  _destroy(error, callback) {
    if (this.#stream !== undefined && !(this.readableEnded && this.writableFinished)) {
      this.#stream.close(http2.constants.NGHTTP2_CANCEL);
    }
    callback(error);
  }

  /** As a socket's. */
  resetAndDestroy() {
    this.destroy();
  }
}

/** The response in the form of HTTP/1.1. */
function answer(headers, key) {
  const status = headers[':status'];
  const lines = [];
  if (status === 200) {
    lines.push('HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade');
    lines.push(`Sec-WebSocket-Accept: ${acceptOf(key)}`);
  } else {
    lines.push(`HTTP/1.1 ${status} Refused`, 'Connection: close');
  }
  for (const [name, value] of Object.entries(headers)) {
    // That a key was accepted has no meaning on HTTP/2, and a browser does not look at it.
    if (!name.startsWith(':') && name !== 'sec-websocket-accept') {
      lines.push(...[value].flat().map((one) => `${name}: ${one}`));
    }
  }
  return lines.join('\r\n') + END_OF_HEAD;
}
