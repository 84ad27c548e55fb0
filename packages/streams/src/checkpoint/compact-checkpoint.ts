import { open, rename, rm } from 'node:fs/promises';
import { BatchBuilder, openRecords } from '@headwater/protocol';
import type { RowExpiry } from '../stores/state-store.ts';
import { type CheckpointHeader, encodeFrame } from './checkpoint-frames.ts';
import { readFrames } from './read-checkpoint.ts';

const batchBytesMax = 512 * 1024;

export interface Compacted {
  readonly sizeBytes: number;
  readonly recordsCount: number;
}

/**
 * Writes a file anew with the last value of each key only: without rows that were taken away and windows that are past their time. The
 * new file takes the old one's place in one step, so that a kill leaves one of them whole.
 */
export async function compactCheckpoint(
  path: string,
  header: CheckpointHeader,
  nextOffset: number,
  expiry: RowExpiry | null,
): Promise<Compacted> {
  const last = new Map<string, number>();
  let index = 0;
  let newestMs = Number.NEGATIVE_INFINITY;
  for await (const { content, kind } of readFrames(path)) {
    if (kind !== 'rows') continue;
    const cursor = openRecords(content);
    while (cursor.next()) {
      const key = cursor.key()!;
      if (expiry !== null) newestMs = Math.max(newestMs, expiry.timeOf(key));
      if (cursor.valueLength < 0) last.delete(key.toString('latin1'));
      else last.set(key.toString('latin1'), index);
      index++;
    }
  }
  const draft = `${path}.new`;
  const file = await open(draft, 'w');
  try {
    let sizeBytes = 0;
    let recordsCount = 0;
    const write = async (parts: Buffer[]) => {
      await file.writev(parts);
      for (const { length } of parts) sizeBytes += length;
    };
    await write(encodeFrame('header', -1, Buffer.from(JSON.stringify(header))));
    let batch = new BatchBuilder(batchBytesMax);
    index = 0;
    for await (const { content, kind } of readFrames(path)) {
      if (kind !== 'rows') continue;
      const cursor = openRecords(content);
      while (cursor.next()) {
        const key = cursor.key()!;
        if (last.get(key.toString('latin1')) !== index++) continue;
        if (expiry !== null && expiry.timeOf(key) < newestMs - expiry.retentionMs) continue;
        batch.append({ key, value: cursor.value(), timestamp: cursor.timestamp });
        recordsCount++;
      }
      if (batch.sizeBytes < batchBytesMax) continue;
      await write(encodeFrame('rows', -1, batch.finish()));
      batch = new BatchBuilder(batchBytesMax);
    }
    if (batch.recordsCount > 0) await write(encodeFrame('rows', -1, batch.finish()));
    await write(encodeFrame('end-of-snapshot', nextOffset, Buffer.alloc(0)));
    await file.sync();
    await file.close();
    await rename(draft, path);
    return { sizeBytes, recordsCount };
  } catch (error) {
    await file.close().catch(() => {});
    await rm(draft, { force: true });
    throw error;
  }
}
