import { ProtocolError } from './protocol-error.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const VALUES = new Int8Array(128).fill(-1);
for (let i = 0; i < 64; i++) VALUES[ALPHABET.charCodeAt(i)] = i;

/** The 22 characters in which Kafka writes a uuid: base64url of its 16 bytes, without padding. */
export function readUuid(buf: Buffer, offset: number): string {
  return buf.toString('base64url', offset, offset + 16);
}

/** Writes the 16 bytes of a uuid given in Kafka's 22 characters. */
export function writeUuid(buf: Buffer, offset: number, uuid: string): void {
  let bits = 0;
  let bitCount = 0;
  let at = offset;
  const isRightLength = typeof uuid === 'string' && uuid.length === 22;
  for (let i = 0; isRightLength && i < 22; i++) {
    const code = uuid.charCodeAt(i);
    const value = code < 128 ? VALUES[code]! : -1;
    if (value < 0) break;
    bits = ((bits << 6) | value) & 0xffff;
    bitCount += 6;
    if (bitCount >= 8) {
      bitCount -= 8;
      buf[at++] = bits >>> bitCount;
    }
  }
  if (at !== offset + 16) {
    throw new ProtocolError('HW_PROTOCOL_INVALID_VALUE', `a uuid has 22 base64url characters, not ${String(uuid)}`);
  }
}
