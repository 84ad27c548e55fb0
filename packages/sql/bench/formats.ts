/**
 * Rows of a record with eight fields through the codecs of the formats, bytes to row and row to bytes, beside JSON.parse and JSON.stringify of the
 * same, with the way from and to objects that they need. `part` reads three of the eight. Time is that of the processor; the best of some rounds.
 *
 * npm run bench -- sql/formats [--rounds 7] [--records 100000]
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type { CodecSpec, FormatName } from '../src/formats/format.ts';
import { rowCodec } from '../src/formats/row-codec.ts';
import { createMemoryRegistry } from '../src/testing/memory-registry.ts';
import { arrayType, sqlTypes } from '../src/types/sql-type.ts';

const { values: flags } = parseArgs({
  options: { rounds: { type: 'string', default: '7' }, records: { type: 'string', default: '100000' } },
});
const rounds = Number(flags.rounds);
const records = Number(flags.records);

const columns = [
  { name: 'ORDER_ID', type: sqlTypes.bigint },
  { name: 'CUSTOMER', type: sqlTypes.string },
  { name: 'ITEM', type: sqlTypes.string },
  { name: 'PRICE', type: sqlTypes.double },
  { name: 'QUANTITY', type: sqlTypes.integer },
  { name: 'IS_GIFT', type: sqlTypes.boolean },
  { name: 'TAGS', type: arrayType(sqlTypes.string) },
  { name: 'PLACED_AT', type: sqlTypes.timestamp },
];
const rows = Array.from({ length: 1_000 }, (_, index) => [
  4_000_000_000 + index,
  `customer-${index % 97}`,
  `Item number ${index % 331}`,
  (index % 1_000) / 8,
  index % 12,
  index % 5 === 0,
  ['new', `t${index % 7}`],
  1_700_000_000_000 + index * 1_000,
]);

/** Nanoseconds of the processor a call, the best round. */
function measure(run: (index: number) => unknown): number {
  let best = Infinity;
  for (let round = 0; round < rounds; round++) {
    const start = process.cpuUsage();
    for (let index = 0; index < records; index++) run(index % rows.length);
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, ((user + system) * 1_000) / records);
  }
  return best;
}

function report(name: string, decode: number, part: number | null, encode: number): void {
  const rate = (nanoseconds: number) => `${Math.round(1e6 / nanoseconds).toLocaleString('en')} k/s`.padStart(10);
  console.log(
    `${name.padEnd(24)} read ${rate(decode)}  part ${part === null ? '         -' : rate(part)}  write ${rate(encode)}`,
  );
}

console.log(`${cpus()[0]?.model}, Node ${process.version}, ${records} records, best of ${rounds} rounds`);
const names = columns.map(({ name }) => name);
const objects = rows.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index]])));
const texts = objects.map((object) => Buffer.from(JSON.stringify(object)));
const isPartOf = (name: string) => name === 'CUSTOMER' || name === 'PRICE' || name === 'PLACED_AT';
report(
  'JSON.parse, .stringify',
  measure((index) => {
    const object = JSON.parse(texts[index]!.toString()) as Record<string, unknown>;
    return names.map((name) => object[name]);
  }),
  null,
  measure((index) => {
    const row = rows[index]!;
    const object: Record<string, unknown> = {};
    for (let column = 0; column < names.length; column++) object[names[column]!] = row[column];
    return Buffer.from(JSON.stringify(object));
  }),
);
for (const name of ['JSON', 'AVRO', 'PROTOBUF', 'JSON_SR', 'DELIMITED'] satisfies FormatName[]) {
  const used = name === 'DELIMITED' ? columns.filter((column) => column.name !== 'TAGS') : columns;
  const usedRows = name === 'DELIMITED' ? rows.map((row) => row.filter((_value, index) => index !== 6)) : rows;
  const spec: CodecSpec = {
    format: { name, properties: new Map() },
    part: 'value',
    topic: 'orders',
    columns: used,
    isWrapped: true,
    registry: createMemoryRegistry().client,
  };
  const codec = rowCodec(spec);
  await codec.register?.();
  const wanted = used.flatMap((column, index) => (isPartOf(column.name) ? [index] : []));
  const part = rowCodec({ ...spec, wanted });
  const bytes = usedRows.map((row) => Buffer.from(codec.encode(row, 'orders') as Uint8Array));
  report(
    name,
    measure((index) => codec.decode(bytes[index]!, 0, bytes[index]!.length, 'orders')),
    measure((index) => part.decode(bytes[index]!, 0, bytes[index]!.length, 'orders')),
    measure((index) => Buffer.from(codec.encode(usedRows[index]!, 'orders') as Uint8Array)),
  );
}
