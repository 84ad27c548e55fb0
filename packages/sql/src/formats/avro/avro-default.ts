import { type AvroField, type AvroRecord, avroCodec, avroReader, ByteWriter } from '@headwater/serdes';

const nothing = new Uint8Array(0);

/** The bytes of a field's default, as if it had been written. */
export function avroDefaultBytes(field: AvroField): Uint8Array {
  const empty: AvroRecord = {
    type: 'record',
    name: 'Empty',
    namespace: '',
    aliases: [],
    doc: undefined,
    properties: new Map(),
    fields: [],
  };
  const read = avroReader<Record<string, unknown>>(empty, { ...empty, fields: [field] });
  const writer = new ByteWriter();
  avroCodec(field.schema).encode(read.decode(nothing, 0, 0)[field.name], writer);
  return writer.finish();
}
