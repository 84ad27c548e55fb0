import { Segment } from '../../src/engine/segment.ts';
import { buildSegment } from '../../src/engine/segment-builder.ts';
import { MemorySource } from '../../src/engine/source-readers.ts';
import { WriteBuffer } from '../../src/engine/write-buffer.ts';
import { DocumentParser } from '../../src/mapping/document-parser.ts';
import type { Mapping } from '../../src/mapping/mapping.ts';

const limits = { totalFields: 100, depth: 5, fieldNameLength: 100 };

/** A segment in memory; some documents have a routing, other versions and primary terms. */
export function segmentOf(
  mapping: Mapping,
  name: string,
  documents: readonly { id: string; source: string; seqNo: number }[],
): Segment {
  const buffer = new WriteBuffer();
  const parser = new DocumentParser(mapping, limits);
  for (const { id, source, seqNo } of documents) {
    const doc = buffer.begin();
    const op = { id, routing: seqNo % 5 === 0 ? `r${seqNo}` : null, source: Buffer.from(source) };
    const { root } = parser.parse(buffer, doc, op);
    buffer.finish(root, { ...op, seqNo, primaryTerm: 1 + (seqNo % 2), version: 1 + (seqNo % 3) });
  }
  const { parts, source } = buildSegment(buffer);
  return new Segment(name, parts, new MemorySource(source));
}
