/** The compression of record batches: which id is which codec, and one bounded way in and out. */
import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { ProtocolError } from '../protocol-error.ts';
import { lz4Compress, lz4Decompress } from './lz4.ts';
import { snappyCompress, snappyDecompress } from './snappy.ts';
import { tooLarge } from './too-large.ts';

export type CompressionName = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

/** Index = the id in a batch's attributes. */
export const compressionNames: readonly CompressionName[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

export const compressionIds: Readonly<Record<CompressionName, number>> = {
  none: 0,
  gzip: 1,
  snappy: 2,
  lz4: 3,
  zstd: 4,
};

/** Kafka's default levels: 6 is zlib's own, 3 is zstd's. snappy has none, and lz4 one here. */
export function compress(name: CompressionName, data: Buffer, level?: number): Buffer {
  switch (name) {
    case 'none':
      return data;
    case 'gzip':
      return gzipSync(data, level === undefined ? {} : { level });
    case 'snappy':
      return snappyCompress(data);
    case 'lz4':
      return lz4Compress(data);
    case 'zstd':
      return zstdCompressSync(data, { params: { [constants.ZSTD_c_compressionLevel]: level ?? 3 } });
  }
}

/** Decompresses to at most `maxBytes`; more than that, or damage, is a ProtocolError. */
export function decompress(name: CompressionName, data: Buffer, maxBytes: number): Buffer {
  switch (name) {
    case 'none':
      return data;
    case 'gzip':
      return native('gzip', maxBytes, () => gunzipSync(data, { maxOutputLength: Math.max(1, maxBytes) }));
    case 'snappy':
      return snappyDecompress(data, maxBytes);
    case 'lz4':
      return lz4Decompress(data, maxBytes);
    case 'zstd':
      return native('zstd', maxBytes, () => zstdDecompressSync(data, { maxOutputLength: Math.max(1, maxBytes) }));
  }
}

function native(name: string, maxBytes: number, run: () => Buffer): Buffer {
  try {
    return run();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(name, maxBytes);
    throw new ProtocolError('HW_PROTOCOL_CORRUPT_COMPRESSION', `${name}: ${(cause as Error).message}`, { cause });
  }
}
