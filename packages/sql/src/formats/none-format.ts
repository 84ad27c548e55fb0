import type { RowCodec } from './format.ts';

const nothing = Buffer.alloc(0);
const emptyRow: readonly unknown[] = Object.freeze([]);

/** Keys without columns: always null, whatever bytes are there. */
export const noneCodec: RowCodec = {
  isNull: () => true,
  encode: () => nothing,
  decode: () => emptyRow,
};
