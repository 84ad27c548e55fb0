/**
 * The tweet record of Avro (`userId`, `id`, `text`, `createdAt`) beside `avsc` used by hand, alternating in one process: with longs as
 * numbers, as `avsc` has them, and exact, by a `LongType` of `BigInt` on its side. `kept` encodes into one buffer over and over; `own` gives
 * each record a buffer of its own. Time is that of the processor, so that what else runs on the machine counts for little.
 *
 * npm run bench -- serdes/avro [--rounds 15] [--records 200000]
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import avsc from 'avsc';
import { avroCodec, ByteWriter, ParsedAvroSchema } from '../index.ts';

const { values: flags } = parseArgs({
  options: { rounds: { type: 'string', default: '15' }, records: { type: 'string', default: '200000' } },
});
const rounds = Number(flags.rounds);
const records = Number(flags.records);

const schema = {
  type: 'record',
  name: 'TwitterAvroModel',
  namespace: 'io.headwater.tweets',
  fields: [
    { name: 'userId', type: 'long' },
    { name: 'id', type: 'long' },
    { name: 'text', type: 'string' },
    { name: 'createdAt', type: { type: 'long', logicalType: 'timestamp-millis' } },
  ],
} as const;

const exactLong = avsc.types.LongType.__with({
  fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const buffer = Buffer.allocUnsafe(8);
    buffer.writeBigInt64LE(value);
    return buffer;
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
});

/** A `registry` would leave out longs with a logical type. */
const exactLongs = (attributes: unknown): avsc.Type | undefined =>
  attributes === 'long' || (attributes as { type?: unknown }).type === 'long' ? exactLong : undefined;

const words =
  'a log that many read and few write keeps every event in order, héllo ☕ from the delta of the river'.split(' ');
const tweets = Array.from({ length: 1000 }, (_, i) => ({
  userId: 7_000_000 + i * 31,
  id: 1_100_000_000_000_000 + i * 4_194_304,
  text: Array.from({ length: 4 + (i % 24) }, (_, word) => words[(i * 7 + word) % (i % 8 === 0 ? 20 : 12)]).join(' '),
  createdAt: 1_760_000_000_000 + i * 1733,
}));
const exact = tweets.map((tweet) => ({ ...tweet, userId: BigInt(tweet.userId), id: BigInt(tweet.id) }));
const allExact = exact.map((tweet) => ({ ...tweet, createdAt: BigInt(tweet.createdAt) }));

const parsed = new ParsedAvroSchema(JSON.stringify(schema)).schema;
const writer = new ByteWriter();
const kept = Buffer.alloc(4096);
const encoded = (() => {
  const type = avsc.Type.forSchema(schema as never);
  return tweets.map((tweet) => type.toBuffer(tweet));
})();
let sink: unknown;

function ours(int64: 'number' | 'bigint', list: readonly unknown[]) {
  const codec = avroCodec(parsed, { int64 });
  return {
    'encode kept': () => {
      for (const tweet of list) {
        writer.reset();
        codec.encode(tweet, writer);
      }
    },
    'encode own': () => {
      for (const tweet of list) {
        writer.reset();
        codec.encode(tweet, writer);
        sink = writer.finish();
      }
    },
    decode: () => {
      for (const bytes of encoded) sink = codec.decode(bytes, 0, bytes.length);
    },
  };
}

function theirs(options: Partial<avsc.ForSchemaOptions>, list: readonly unknown[]) {
  const type = avsc.Type.forSchema(schema as never, options);
  return {
    'encode kept': () => {
      for (const tweet of list) type.encode(tweet, kept, 0);
    },
    'encode own': () => {
      for (const tweet of list) sink = type.toBuffer(tweet);
    },
    decode: () => {
      for (const bytes of encoded) sink = type.fromBuffer(bytes);
    },
  };
}

const median = (list: number[]) => [...list].sort((a, b) => a - b)[list.length >> 1]!;
const variants = [
  ['number', ours('number', tweets), theirs({}, tweets)],
  ['bigint', ours('bigint', exact), theirs({ typeHook: exactLongs }, allExact)],
] as const;
const machine = `${cpus()[0]?.model ?? ''} × ${cpus().length}, node ${process.version}`;
for (const [longs, a, b] of variants) {
  for (const work of ['encode kept', 'encode own', 'decode'] as const) {
    const times: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds + 3; round++) {
      for (const [side, run] of [a[work], b[work]].entries()) {
        const start = process.cpuUsage();
        for (let done = 0; done < records; done += tweets.length) run();
        const { user, system } = process.cpuUsage(start);
        if (round >= 3) times[side]!.push(((user + system) * 1e3) / records);
      }
    }
    const [nanos, avscNanos] = times.map(median) as [number, number];
    console.log(
      JSON.stringify({
        bench: 'serdes/avro',
        longs,
        work,
        nanosPerRecord: Math.round(nanos),
        avscNanosPerRecord: Math.round(avscNanos),
        timesAvsc: Number((avscNanos / nanos).toFixed(2)),
        spread: times.map((list) => `${Math.round(Math.min(...list))}-${Math.round(Math.max(...list))}`),
        records,
        rounds,
        machine,
      }),
    );
  }
}
if (sink === undefined) process.exitCode = 1;
