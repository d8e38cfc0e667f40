// WebSocket frames as bytes (RFC 6455, section 5.2), right and wrong ones.

export const CONTINUATION = 0;
export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

/**
 * A frame. What a client sends is masked. The length that it claims may be another than that of its payload, and may take
 * more bytes than it needs.
 */
export function frame({
  opcode,
  payload = '',
  fin = true,
  reserved = 0,
  masked = false,
  claimed = undefined,
  form = undefined,
}) {
  const data = Buffer.from(payload);
  const length = BigInt(claimed ?? data.length);
  const lengthForm = form ?? (length < 126n ? 7 : length < 65536n ? 16 : 64);
  const head = [(fin ? 0x80 : 0) | (reserved << 4) | opcode];
  const second = masked ? 0x80 : 0;
  if (lengthForm === 7) {
    head.push(second | Number(length));
  } else if (lengthForm === 16) {
    head.push(second | 126, ...bigEndian(length, 2));
  } else {
    head.push(second | 127, ...bigEndian(length, 8));
  }
  const parts = [Buffer.from(head)];
  if (masked) {
    parts.push(MASK);
  }
  parts.push(masked ? mask(data, MASK) : data);
  return Buffer.concat(parts);
}

/** The payload of a close frame. */
export function closing(code, reason = '') {
  return Buffer.concat([Buffer.from(bigEndian(BigInt(code), 2)), Buffer.from(reason)]);
}

function bigEndian(number, bytes) {
  return Array.from({ length: bytes }, (_, i) => Number((number >> BigInt(8 * (bytes - 1 - i))) & 0xffn));
}

function mask(data, key) {
  return data.map((byte, i) => byte ^ key[i % 4]);
}

/** Reads frames from bytes as they come. */
export class FrameReader {
  #pending = Buffer.alloc(0);

  /** Returns the frames that are whole now. */
  read(chunk) {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    const frames = [];
    for (let next = this.#take(); next; next = this.#take()) {
      frames.push(next);
    }
    return frames;
  }

  /** How many bytes of a frame have come that is not whole. */
  get left() {
    return this.#pending.length;
  }

  #take() {
    const bytes = this.#pending;
    if (bytes.length < 2) {
      return undefined;
    }
    const form = bytes[1] & 0x7f;
    const lengthBytes = form === 126 ? 2 : form === 127 ? 8 : 0;
    const masked = (bytes[1] & 0x80) !== 0;
    const start = 2 + lengthBytes + (masked ? 4 : 0);
    if (bytes.length < start) {
      return undefined;
    }
    const length = lengthBytes === 0 ? form : Number(BigInt('0x' + bytes.toString('hex', 2, 2 + lengthBytes)));
    if (bytes.length < start + length) {
      return undefined;
    }
    const payload = bytes.subarray(start, start + length);
    this.#pending = bytes.subarray(start + length);
    return {
      fin: (bytes[0] & 0x80) !== 0,
      reserved: (bytes[0] >> 4) & 7,
      opcode: bytes[0] & 0x0f,
      payload: masked ? mask(payload, bytes.subarray(start - 4, start)) : payload,
    };
  }
}

/** The same numbers from 0 to 1 in every run (mulberry32). */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const patterns = new Map();

/** The same bytes in every run. */
export function pattern(length, seed = length) {
  const key = `${length} ${seed}`;
  if (!patterns.has(key)) {
    patterns.set(key, newPattern(length, seed));
  }
  return patterns.get(key);
}

function newPattern(length, seed) {
  const next = random(seed);
  const bytes = Buffer.alloc(length);
  for (let i = 0; i + 4 <= length; i += 4) {
    bytes.writeUInt32LE(Math.floor(next() * 4294967296), i);
  }
  return bytes;
}
