import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryFiles, seededRandom } from '../../test/support/memory-files.ts';
import { segmentOf as makeSegment } from '../../test/support/segments.ts';
import { AnalysisRegistry } from '../analysis/analysis-registry.ts';
import { type JsonObject, parseJson } from '../json/json-value.ts';
import { Mapping } from '../mapping/mapping.ts';
import { ArrayCache } from './array-source.ts';
import { idFilter, mayHold } from './id-filter.ts';
import { hashId } from './id-table.ts';
import { chooseMerge } from './merge-policy.ts';
import { fieldBytes, postingsOf, Segment, type SegmentParts } from './segment.ts';
import { encodeSegment, openSegment } from './segment-file.ts';
import { mergeSegments } from './segment-merge.ts';
import { MemorySource } from './source-readers.ts';

const mapping = Mapping.parse(
  parseJson(
    Buffer.from(
      JSON.stringify({
        properties: {
          text: { type: 'text' },
          tag: { type: 'keyword' },
          big: { type: 'long' },
          small: { type: 'integer' },
          real: { type: 'double' },
          rare: { type: 'long' },
          flag: { type: 'boolean' },
          at: { type: 'date' },
        },
      }),
    ),
  ) as JsonObject,
  new AnalysisRegistry(),
);

const words = ['sea', 'wind', 'harbour', 'lamp', 'quay', 'boat', 'night', 'ä', '港'];

function randomDocument(random: () => number): string {
  const pick = (count: number): number => Math.floor(random() * count);
  const many = <T>(make: () => T): T[] => Array.from({ length: 1 + pick(3) }, make);
  const parts: string[] = [];
  const maybe = (chance: number, name: string, make: () => string): void => {
    if (random() < chance) parts.push(`"${name}":${make()}`);
  };
  maybe(0.9, 'text', () => JSON.stringify(Array.from({ length: pick(40) }, () => words[pick(words.length)]).join(' ')));
  maybe(0.7, 'tag', () => JSON.stringify(many(() => `t${pick(20)}`)));
  maybe(0.5, 'big', () => String((BigInt(pick(2 ** 30)) << 33n) - 2n ** 62n + BigInt(pick(9))));
  maybe(1, 'small', () => String(pick(300) - 150));
  maybe(0.6, 'real', () => JSON.stringify(many(() => random() * 100)));
  maybe(0.03, 'rare', () => String(pick(10)));
  maybe(0.5, 'flag', () => String(random() < 0.5));
  maybe(0.5, 'at', () => String(1.7e12 + pick(1e9)));
  return `{${parts.join(',')}}`;
}

const segmentOf = (name: string, documents: readonly { id: string; source: string; seqNo: number }[]): Segment =>
  makeSegment(mapping, name, documents);

/** Everything in a segment, by id, so that segments of other shapes can be compared. */
function dump(segments: readonly { segment: Segment; isLive?: (doc: number) => boolean }[]): Map<string, string[]> {
  const documents = new Map<string, string[]>();
  for (const { segment, isLive = () => true } of segments) {
    const add = (doc: number, line: string): void => {
      if (isLive(doc)) documents.get(segment.id(doc))!.push(line);
    };
    for (let doc = 0; doc < segment.docCount; doc++) {
      if (!isLive(doc)) continue;
      const meta = [segment.seqNo(doc), segment.version(doc), segment.primaryTerm(doc), segment.routing(doc)];
      documents.set(segment.id(doc), [`meta ${meta.join(' ')}`, segment.readSource(doc).toString()]);
    }
    for (const field of segment.parts.fields.values()) {
      const values = field.kind === 'numbers' ? field.values : field.ordinals;
      for (let doc = 0; values !== null && doc < segment.docCount; doc++) {
        if (!values.seek(doc)) continue;
        const found = [...values.values.slice(values.start, values.end)].map((value) =>
          field.kind === 'terms' ? field.dictionary.text(Number(value)) : String(value),
        );
        add(doc, `${field.path} = ${found.join(',')}`);
      }
      if (field.kind !== 'terms') continue;
      for (let ordinal = 0; ordinal < field.dictionary.size; ordinal++) {
        const postings = postingsOf(field, ordinal, true);
        for (let doc = postings.next(); doc !== 0x7fffffff; doc = postings.next()) {
          const positions = field.isText ? Array.from({ length: postings.freq }, () => postings.nextPosition()) : [];
          add(
            doc,
            `${field.path}:${field.dictionary.text(ordinal)} @ ${positions.join(',')} norm ${field.norms?.[doc]}`,
          );
        }
      }
    }
  }
  for (const lines of documents.values()) lines.sort();
  return documents;
}

test('merged and saved segments hold what their documents held (random documents)', async () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  try {
    const random = seededRandom(seed);
    let seqNo = 0;
    const inputs = [300, 1, 40, 7, 90].map((count, i) => {
      const documents = Array.from({ length: count }, () => ({
        id: `d${seqNo}`,
        source: randomDocument(random),
        seqNo: seqNo++,
      }));
      return segmentOf(`s${i}`, documents);
    });
    const dead = new Set(Array.from({ length: 100 }, () => `d${Math.floor(random() * seqNo)}`));
    const withLive = inputs.map((segment) => {
      const live = new Uint32Array(Math.ceil(segment.docCount / 32));
      for (let doc = 0; doc < segment.docCount; doc++) {
        if (!dead.has(segment.id(doc))) live[doc >>> 5]! |= 1 << (doc & 31);
      }
      return { segment, live };
    });
    const expected = dump(inputs.map((segment) => ({ segment, isLive: (doc) => !dead.has(segment.id(doc)) })));
    const { parts, remaps } = await mergeSegments(withLive, () => undefined);
    const sources = inputs.flatMap((segment, input) =>
      [...remaps[input]!.keys()].filter((doc) => remaps[input]![doc]! >= 0).map((doc) => segment.readSource(doc)),
    );
    const source = new MemorySource(Buffer.concat(sources));
    assert.deepEqual(dump([{ segment: new Segment('merged', parts, source) }]), expected);
    const files = new MemoryFiles();
    await files.writeFile('saved.idx', encodeSegment(parts));
    const cache = new ArrayCache(700);
    const stored = await openSegment(files, 'saved.idx', cache, { check: true });
    const saved = new Segment('saved', stored, source);
    assert.equal(cache.usedBytes, 0, 'nothing is read before it is asked for');
    assert.deepEqual(dump([{ segment: saved }]), expected);
    assert.ok(cache.usedBytes > 0 && cache.usedBytes <= 700 + Math.max(...arraySizes(parts)), `${cache.usedBytes}`);
    for (let doc = 0; doc < saved.docCount; doc++) {
      const id = Buffer.from(saved.id(doc));
      assert.equal(
        saved.findId(id, hashId(id), () => true),
        doc,
      );
    }
    for (let i = 0; i < 500; i++) {
      const id = Buffer.from(`no ${i}`);
      assert.equal(
        saved.findId(id, hashId(id), () => true),
        -1,
      );
    }
    for (let doc = 0; doc < saved.docCount; doc++) {
      assert.equal(saved.parts.seqNos[doc], Number(saved.id(doc).slice(1)), 'documents keep their order');
    }
  } catch (error) {
    console.log(`SEED=${seed}`);
    throw error;
  }
});

function arraySizes(parts: SegmentParts): number[] {
  const fields = [...parts.fields.values()];
  return [parts.idBytes.byteLength, parts.seqNos.byteLength, ...fields.map((field) => fieldBytes(field))];
}

test('a filter of ids holds all of them, and few others', () => {
  const ids = Array.from({ length: 20_000 }, (_, i) => `${592_089_033_144_795_136n + BigInt(i) * 4_194_311n}`);
  const parts = {
    docCount: ids.length,
    idBytes: Buffer.from(ids.join('')),
    idOffsets: Uint32Array.from([0, ...ids.map((id) => id.length)], (_, i) => i * 18),
  };
  const filter = idFilter(parts);
  for (const id of ids) assert.ok(mayHold(filter, hashId(Buffer.from(id))));
  const others = Array.from({ length: 20_000 }, (_, i) => Buffer.from(`${892_089_033_144_795_136n + BigInt(i)}`));
  const found = others.filter((id) => mayHold(filter, hashId(id))).length;
  assert.ok(found < 400, `${found} of ${others.length}`);
});

test('64-bit integers come out of the index exact', () => {
  const segment = segmentOf('s', [
    { id: 'a', source: '{"big":9223372036854775807}', seqNo: 0 },
    { id: 'b', source: '{"big":[-9223372036854775808,9007199254740993]}', seqNo: 1 },
  ]);
  assert.deepEqual(
    [...segment.numbers('big')!.values],
    [9223372036854775807n, -9223372036854775808n, 9007199254740993n],
  );
});

test('a damaged segment file is refused', async () => {
  const segment = segmentOf('s', [{ id: 'a', source: '{"tag":"x","text":"sea"}', seqNo: 0 }]);
  const file = Buffer.concat(encodeSegment(segment.parts));
  for (let at = 0; at < file.length; at++) {
    const damaged = Buffer.from(file);
    damaged[at]! ^= 0x10;
    // The checksum leaves out itself and the padding after it.
    if (at >= file.length - 16 && at < file.length - 8) continue;
    const files = new MemoryFiles();
    await files.writeFile('x.idx', [damaged]);
    await assert.rejects(
      openSegment(files, 'x.idx', new ArrayCache(1), { check: true }),
      { code: 'HW_SEARCH_CORRUPT_FILE' },
      `byte ${at}`,
    );
  }
});

test('merges: eight of a size, or one that is mostly deleted, and never too large', () => {
  const small = { docs: 100, live: 100, sizeBytes: 1000 };
  assert.equal(
    chooseMerge(
      Array.from({ length: 7 }, () => small),
      1e9,
    ),
    null,
  );
  assert.deepEqual(
    chooseMerge(
      Array.from({ length: 9 }, () => small),
      1e9,
    ),
    { from: 0, to: 9 },
  );
  assert.deepEqual(chooseMerge([small, { ...small, live: 40 }], 1e9), { from: 1, to: 2 });
  const large = { ...small, sizeBytes: 4e8 };
  assert.equal(
    chooseMerge(
      Array.from({ length: 9 }, () => large),
      1e9,
    ),
    null,
  );
});
