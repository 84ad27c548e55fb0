/** What the broker looks at in a transactional batch before its storage does: the first batch of a partition's records. */
const attributesOffset = 21;
const producerIdOffset = 43;
const producerEpochOffset = 51;
const headerBytes = 61;
const transactionalBit = 0x10;

export function isTransactionalBatch(records: Buffer): boolean {
  return records.length > attributesOffset + 2 && (records.readInt16BE(attributesOffset) & transactionalBit) !== 0;
}

/** Null when the batch is cut off: storage says so. */
export function producerOf(records: Buffer): { producerId: number; producerEpoch: number } | null {
  if (records.length < headerBytes) return null;
  return {
    producerId: Number(records.readBigInt64BE(producerIdOffset)),
    producerEpoch: records.readInt16BE(producerEpochOffset),
  };
}
