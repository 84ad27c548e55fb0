/** Files and records beside Google's protoc and Protobuf for Python. */
import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import { ByteWriter, ParsedProtobufSchema, protobufCodec, protobufJson, SerializationError } from '../../index.ts';
import { editionText, optionsText, proto2Text, proto3Text } from '../../test/protobuf-files.ts';
import { type PeerAnswer, ProtobufPeer } from '../../test/protobuf-peer.ts';
import { RandomValues } from '../../test/random-values.ts';
import { MessageTypes } from './message-type.ts';

const files: Readonly<Record<string, string>> = {
  proto3: proto3Text,
  proto2: proto2Text,
  options: optionsText,
  edition: editionText,
};
const seed = Number(process.env['HEADWATER_TEST_SEED'] ?? 20261122);
const rounds = Number(process.env['HEADWATER_TEST_ROUNDS'] ?? 400);
let peer: ProtobufPeer | null = null;

before(async () => {
  peer = await ProtobufPeer.start();
});
after(() => peer?.close());

function peerOr(t: TestContext): ProtobufPeer | undefined {
  if (peer !== null) return peer;
  t.skip('Python has no grpcio-tools here (HEADWATER_TEST_PYTHON names one that has)');
  return undefined;
}

for (const [name, text] of Object.entries(files)) {
  test(`${name}: the descriptor is protoc's, and the file that is made of protoc's is the same`, async (t) => {
    const python = peerOr(t);
    if (python === undefined) return;
    const theirs = await python.ask('compile', { files: { 'a.proto': text }, main: 'a.proto' });
    const parsed = new ParsedProtobufSchema(text);
    const compare = async (schema: ParsedProtobufSchema, what: string) => {
      const ours = schema.formatted('serialized');
      const answer = await python.ask('same', { ours, theirs: theirs['descriptor'] });
      const different = lines(answer['ours']).filter((line, index) => line !== lines(answer['theirs'])[index]);
      assert.deepEqual(different.slice(0, 5), [], what);
      assert.equal(answer['same'], true, what);
    };
    await compare(parsed, 'from the text');
    await compare(new ParsedProtobufSchema(parsed.canonical), 'from the canonical text');
    await compare(new ParsedProtobufSchema(parsed.normalized()), 'from the normalized text');
    const again = new ParsedProtobufSchema(String(theirs['descriptor']));
    await compare(again, 'from its own descriptor');
    assert.equal(new ParsedProtobufSchema(again.canonical).canonical, again.canonical);
  });
}

for (const [name, message] of [
  ['proto3', 'test.three.All'],
  ['proto2', 'test.two.All'],
  ['edition', 'test.edition.All'],
] as const) {
  test(`${name}: random records are the same bytes, values and JSON for both`, async (t) => {
    const python = peerOr(t);
    if (python === undefined) return;
    t.diagnostic(`seed ${seed}, ${rounds} records`);
    await python.ask('compile', { files: { 'a.proto': files[name]! }, main: 'a.proto' });
    const parsed = new ParsedProtobufSchema(files[name]!);
    const type = new MessageTypes(parsed.names).message(message);
    const [codec, json, withDefaults] = [
      protobufCodec(parsed, message),
      protobufJson(parsed, message),
      protobufJson(parsed, message, { withDefaults: true }),
    ];
    const random = new RandomValues(seed);
    const writer = new ByteWriter();
    const encode = (value: unknown) => {
      writer.reset();
      codec.encode(value, writer);
      return Buffer.from(writer.finish());
    };
    for (let i = 0; i < rounds; i++) {
      const bytes = encode(random.message(type, 3));
      const value = codec.decode(bytes, 0, bytes.length);
      const defaults = i % 2 === 1;
      const answer: PeerAnswer = await python.ask('read', { message, bytes: bytes.toString('base64'), defaults });
      assert.equal(answer['error'], undefined, bytes.toString('hex'));
      const theirBytes = Buffer.from(String(answer['bytes']), 'base64');
      assert.deepEqual(codec.decode(theirBytes, 0, theirBytes.length), value, bytes.toString('hex'));
      assert.equal(theirBytes.length, bytes.length);
      if (answer['jsonError'] !== undefined) {
        assert.throws(() => json.toJson(value), SerializationError, String(answer['jsonError']));
        continue;
      }
      const ourJson = (defaults ? withDefaults : json).toJson(value);
      assert.deepEqual(plain(ourJson), plain(JSON.parse(String(answer['json']))), bytes.toString('hex'));
      assert.deepEqual(plain(json.fromJson(JSON.parse(String(answer['json'])))), plain(value));
      const back: PeerAnswer = await python.ask('fromJson', { message, json: JSON.stringify(ourJson) });
      assert.equal(back['error'], undefined, JSON.stringify(ourJson));
    }
  });

  test(`${name}: bytes that were changed are read, or refused, by both`, async (t) => {
    const python = peerOr(t);
    if (python === undefined) return;
    t.diagnostic(`seed ${seed}, ${rounds} records`);
    await python.ask('compile', { files: { 'a.proto': files[name]! }, main: 'a.proto' });
    const parsed = new ParsedProtobufSchema(files[name]!);
    const type = new MessageTypes(parsed.names).message(message);
    const codec = protobufCodec(parsed, message);
    const random = new RandomValues(seed + 1);
    const writer = new ByteWriter();
    let [refused, read] = [0, 0];
    for (let i = 0; i < rounds; i++) {
      writer.reset();
      codec.encode(random.message(type, 2), writer);
      const bytes = random.changed(Buffer.from(writer.finish()));
      const answer: PeerAnswer = await python.ask('read', { message, bytes: bytes.toString('base64') });
      try {
        const value = codec.decode(bytes, 0, bytes.length);
        assert.equal(answer['error'], undefined, bytes.toString('hex'));
        const theirs = Buffer.from(String(answer['bytes']), 'base64');
        assert.deepEqual(codec.decode(theirs, 0, theirs.length), value, bytes.toString('hex'));
        read++;
      } catch (error) {
        if (!(error instanceof SerializationError)) throw error;
        refused++;
        // proto2 leaves it to each language whether text has to be UTF-8; here it has to.
        if (!/UTF-8/.test(error.message))
          assert.notEqual(answer['error'], undefined, `${bytes.toString('hex')} ${error.message}`);
      }
    }
    t.diagnostic(`${read} read, ${refused} refused`);
  });
}

function lines(text: unknown): string[] {
  return String(text).split('\n');
}

/** NaN, -0 and the order of members do not count; bytes count by what they hold. */
function plain(value: unknown): unknown {
  if (typeof value === 'number') return Number.isNaN(value) ? 'NaN' : value + 0;
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
}
