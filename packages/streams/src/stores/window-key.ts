import type { Bytes } from '@headwater/protocol';
import type { Serde } from '../serdes/serde.ts';
import { bufferOf, writeLong } from './bytes.ts';

const scratch = Buffer.allocUnsafeSlow(1024);

/** Key and start of a window as Kafka Streams' changelogs have them: the key's bytes, the start (8), a sequence number (4). */
export function windowStoreKey(key: Bytes, startMs: number, sequence = 0): Buffer {
  const keyBytes = bufferOf(key);
  const bytes = Buffer.allocUnsafe(keyBytes.length + 12);
  keyBytes.copy(bytes);
  writeLong(bytes, startMs, keyBytes.length);
  bytes.writeInt32BE(sequence, keyBytes.length + 8);
  return bytes;
}

export const windowStoreSuffixBytes = 12;

/** `windowStoreKey` of what the serde makes of a key, in bytes that the next call uses again. */
export function writeWindowStoreKey<K>(serde: Serde<K>, key: K, topic: string, startMs: number, sequence = 0): Buffer {
  const end = serde.write?.(key, scratch, 0, scratch.length - windowStoreSuffixBytes, topic) ?? -1;
  if (end < 0) return windowStoreKey(serde.encode(key, topic), startMs, sequence);
  writeLong(scratch, startMs, end);
  scratch.writeInt32BE(sequence, end + 8);
  return scratch.subarray(0, end + windowStoreSuffixBytes);
}

export function windowStoreStart(bytes: Buffer): number {
  return Number(bytes.readBigInt64BE(bytes.length - windowStoreSuffixBytes));
}

export function windowStoreSequence(bytes: Buffer): number {
  return bytes.readInt32BE(bytes.length - 4);
}

/** As a session's: the key's bytes, the end (8), the start (8). */
export function sessionStoreKey(key: Bytes, startMs: number, endMs: number): Buffer {
  const keyBytes = bufferOf(key);
  const bytes = Buffer.allocUnsafe(keyBytes.length + 16);
  keyBytes.copy(bytes);
  writeLong(bytes, endMs, keyBytes.length);
  writeLong(bytes, startMs, keyBytes.length + 8);
  return bytes;
}

export const sessionStoreSuffixBytes = 16;

export function sessionStoreEnd(bytes: Buffer): number {
  return Number(bytes.readBigInt64BE(bytes.length - sessionStoreSuffixBytes));
}
