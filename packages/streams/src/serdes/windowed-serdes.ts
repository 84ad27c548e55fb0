import { bufferOf, writeLong } from '../stores/bytes.ts';
import type { Windowed } from '../stores/window-store.ts';
import type { Serde } from './serde.ts';

/** Kafka Streams' TimeWindowedSerializer: the key's bytes and the start of the window (8). */
export function timeWindowedSerde<K>(keySerde: Serde<K>, sizeMs: number): Serde<Windowed<K>> {
  return {
    encode({ key, window }, topic) {
      const keyBytes = bufferOf(keySerde.encode(key, topic));
      const bytes = Buffer.allocUnsafe(keyBytes.length + 8);
      keyBytes.copy(bytes);
      writeLong(bytes, window.startMs, keyBytes.length);
      return bytes;
    },
    write({ key, window }, target, start, limit, topic) {
      const end = keySerde.write?.(key, target, start, limit - 8, topic) ?? -1;
      if (end < 0) return -1;
      writeLong(target, window.startMs, end);
      return end + 8;
    },
    decode(data, start, end, topic) {
      const startMs = Number(data.readBigInt64BE(end - 8));
      return { key: keySerde.decode(data, start, end - 8, topic), window: { startMs, endMs: startMs + sizeMs } };
    },
  };
}

/** Kafka Streams' SessionWindowedSerializer: the key's bytes, the end (8), the start (8). */
export function sessionWindowedSerde<K>(keySerde: Serde<K>): Serde<Windowed<K>> {
  return {
    encode({ key, window }, topic) {
      const keyBytes = bufferOf(keySerde.encode(key, topic));
      const bytes = Buffer.allocUnsafe(keyBytes.length + 16);
      keyBytes.copy(bytes);
      writeLong(bytes, window.endMs, keyBytes.length);
      writeLong(bytes, window.startMs, keyBytes.length + 8);
      return bytes;
    },
    write({ key, window }, target, start, limit, topic) {
      const end = keySerde.write?.(key, target, start, limit - 16, topic) ?? -1;
      if (end < 0) return -1;
      writeLong(target, window.endMs, end);
      writeLong(target, window.startMs, end + 8);
      return end + 16;
    },
    decode(data, start, end, topic) {
      const endMs = Number(data.readBigInt64BE(end - 16));
      const startMs = Number(data.readBigInt64BE(end - 8));
      return { key: keySerde.decode(data, start, end - 16, topic), window: { startMs, endMs } };
    },
  };
}
