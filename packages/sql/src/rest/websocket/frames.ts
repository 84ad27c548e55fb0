/** RFC 6455: what a server reads and writes. Pure: bytes in, bytes out. */

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Clients of this server have little to say: control frames, and nothing that is kept. */
const payloadMax = 64 * 1024;

export interface Frame {
  readonly opcode: number;
  readonly isLast: boolean;
  readonly payload: Buffer;
}

/** A frame of a server: not masked, whole. */
export function encodeFrame(opcode: number, payload: Buffer): Buffer {
  const size = payload.length;
  const headBytes = size < 126 ? 2 : size < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(headBytes + size);
  frame[0] = 0x80 | opcode;
  if (headBytes === 2) {
    frame[1] = size;
  } else if (headBytes === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(size, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(size), 2);
  }
  payload.copy(frame, headBytes);
  return frame;
}

/** The body of a close frame; the reason is cut to what fits. */
export function closePayload(code: number, reason: string): Buffer {
  const text = Buffer.from(reason).subarray(0, 123);
  const whole = text.toString('utf8').replace(/\uFFFD$/, '');
  const payload = Buffer.alloc(2 + Buffer.byteLength(whole));
  payload.writeUInt16BE(code, 0);
  payload.write(whole, 2);
  return payload;
}

/** Cuts frames of a client out of what comes. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** @throws RangeError for what no client may send, with a close code as its message's first word */
  read(chunk: Buffer): Frame[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: Frame[] = [];
    for (let frame = this.#next(); frame !== null; frame = this.#next()) frames.push(frame);
    return frames;
  }

  #next(): Frame | null {
    const data = this.#rest;
    if (data.length < 2) return null;
    const opcode = data[0]! & 15;
    const isMasked = (data[1]! & 0x80) !== 0;
    const short = data[1]! & 127;
    if ((data[0]! & 0x70) !== 0 || !isMasked) throw new RangeError('1002 frames of clients are masked and plain');
    const headBytes = (short === 127 ? 10 : short === 126 ? 4 : 2) + 4;
    if (data.length < headBytes) return null;
    const size = short === 127 ? Number(data.readBigUInt64BE(2)) : short === 126 ? data.readUInt16BE(2) : short;
    if (size > payloadMax || (opcode >= 8 && size > 125)) throw new RangeError('1009 the frame is too long');
    if (data.length < headBytes + size) return null;
    const payload = Buffer.from(data.subarray(headBytes, headBytes + size));
    for (let at = 0; at < size; at++) payload[at]! ^= data[headBytes - 4 + (at & 3)]!;
    this.#rest = data.subarray(headBytes + size);
    return { opcode, isLast: (data[0]! & 0x80) !== 0, payload };
  }
}
