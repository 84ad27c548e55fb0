import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { BrokerError } from '../broker-error.ts';

/** Writes a snapshot to a file, gzipped when its name ends in `.gz`. The file is there when it is whole. */
export async function saveSnapshot(chunks: AsyncIterable<Buffer>, path: string): Promise<void> {
  const partial = `${path}.partial`;
  try {
    const source = Readable.from(chunks, { objectMode: false });
    if (path.endsWith('.gz')) await pipeline(source, createGzip(), createWriteStream(partial));
    else await pipeline(source, createWriteStream(partial));
    await rename(partial, path);
  } catch (cause) {
    await rm(partial, { force: true });
    if (cause instanceof BrokerError) throw cause;
    throw new BrokerError(
      'HW_BROKER_SNAPSHOT',
      `The snapshot could not be written to ${path}: ${(cause as Error).message}`,
      { cause },
    );
  }
}
