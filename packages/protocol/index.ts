export type { Api } from './src/api.ts';
export { decodeData, encodeData } from './src/codec/codec.ts';
export { type CompressionName, compress, decompress } from './src/compression/compression.ts';
export { crc32c, hasNativeCrc32c } from './src/crc32c.ts';
export { ErrorCode, errorInfo, errors, type KafkaErrorInfo, type KafkaErrorName } from './src/errors.ts';
export * from './src/frames.ts';
export * from './src/messages/index.ts';
export type * from './src/messages/types.ts';
export { murmur2, murmur2Partition } from './src/murmur2.ts';
export { ProtocolError, type ProtocolErrorCode } from './src/protocol-error.ts';
export * from './src/record-batch/batch-builder.ts';
export {
  BATCH_HEADER_BYTES,
  type BatchAt,
  BatchHeader,
  iterateBatches,
  readBatchHeader,
  setBaseOffset,
  setLeaderEpoch,
  setMaxTimestampAndType,
  type TimestampType,
} from './src/record-batch/batch-header.ts';
export { RawHeaders } from './src/record-batch/raw-headers.ts';
export * from './src/record-batch/records.ts';
export * from './src/record-batch/validate-batch.ts';
export { defaultOf, type FieldSchema, inVersions, type MessageSchema, zeroUuid } from './src/schema.ts';
