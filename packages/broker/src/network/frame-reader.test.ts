import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FramePool } from './frame-pool.ts';
import { FrameReader } from './frame-reader.ts';
import { MemoryBudget } from './memory-budget.ts';

const mebibyte = 1024 * 1024;
const pool = new FramePool();

function framed(body: Buffer): Buffer {
  const frame = Buffer.alloc(4 + body.length);
  frame.writeInt32BE(body.length);
  body.copy(frame, 4);
  return frame;
}

function patterned(sizeBytes: number): Buffer {
  const body = Buffer.alloc(sizeBytes);
  for (let index = 0; index < sizeBytes; index++) body[index] = (index * 31) & 0xff;
  return body;
}

/** As a socket does: through one piece of memory that is overwritten by the next read, and directly where the reader allows it. */
function readAll(reader: FrameReader, stream: Buffer, pieceBytes: () => number): Buffer[] {
  const scratch = Buffer.alloc(64 * 1024);
  const frames: Buffer[] = [];
  for (let offset = 0; offset < stream.length; ) {
    const direct = reader.directTarget();
    const target = direct ?? scratch;
    const sizeBytes = Math.min(pieceBytes(), target.length, stream.length - offset);
    stream.copy(target, 0, offset, offset + sizeBytes);
    offset += sizeBytes;
    if (direct === null) reader.feed(scratch.subarray(0, sizeBytes));
    else reader.filledDirectly(sizeBytes);
    for (let frame = reader.next(); frame !== null; frame = reader.next()) {
      // Frames of Produce are lent.
      frames.push(Buffer.from(frame));
      reader.handled();
    }
    reader.keepRest();
    scratch.fill(0xee, 0, Math.min(sizeBytes, scratch.length));
  }
  return frames;
}

test('frames come out whole, however the stream is cut', () => {
  const bodies = [0, 1, 3, 100, 4_095, 4_097, 70_000, 0, 3 * mebibyte, 17].map(patterned);
  const stream = Buffer.concat(bodies.map(framed));
  for (const pieceBytes of [1, 5, 1_000, 65_536, stream.length]) {
    // A byte at a time only through the small frames.
    const budget = new MemoryBudget(16 * mebibyte);
    const input = pieceBytes < 5 ? stream.subarray(0, 80_000) : stream;
    const frames = readAll(new FrameReader(8 * mebibyte, budget, pool), input, () => pieceBytes);
    assert.ok(frames.length >= 7);
    for (const [index, frame] of frames.entries()) assert.ok(frame.equals(bodies[index]!), `${index} by ${pieceBytes}`);
    if (pieceBytes >= 5) assert.equal(frames.length, bodies.length);
    assert.equal(budget.usedBytes, 0);
  }
});

test('random cuts', () => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  let state = seed;
  const random = () => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) / 2 ** 32;
  const bodies = Array.from({ length: 60 }, () => patterned(Math.floor(random() ** 4 * 300_000)));
  const stream = Buffer.concat(bodies.map(framed));
  const reader = new FrameReader(8 * mebibyte, new MemoryBudget(16 * mebibyte), pool);
  const frames = readAll(reader, stream, () => 1 + Math.floor(random() ** 3 * 64 * 1024));
  assert.equal(frames.length, bodies.length, `seed ${seed}`);
  for (const [index, frame] of frames.entries())
    assert.ok(frame.equals(bodies[index]!), `seed ${seed}, frame ${index}`);
  assert.equal(reader.isInsideFrame, false);
});

test('produce requests are lent: from the input when it has them whole, else from the pool', () => {
  const reader = new FrameReader(mebibyte, new MemoryBudget(mebibyte), pool);
  const produce = (sizeBytes: number) => Buffer.concat([Buffer.from([0, 0, 0, 9]), patterned(sizeBytes)]);
  const whole = framed(produce(100));
  reader.feed(whole);
  assert.equal(reader.next()!.buffer, whole.buffer);
  reader.handled();
  const memory = new Set<ArrayBufferLike>();
  for (let n = 0; n < 3; n++) {
    const stream = framed(produce(50_000 + n));
    reader.feed(stream.subarray(0, 30_000));
    assert.equal(reader.next(), null);
    reader.keepRest();
    reader.feed(stream.subarray(30_000));
    const frame = reader.next()!;
    assert.ok(frame.equals(stream.subarray(4)));
    memory.add(frame.buffer);
    reader.handled();
  }
  assert.equal(memory.size, 1);
});

test('a large request that is no produce has its own memory, also when only its size came first', () => {
  const reader = new FrameReader(mebibyte, new MemoryBudget(mebibyte), pool);
  const stream = framed(Buffer.concat([Buffer.from([0, 3]), patterned(9_000)]));
  reader.feed(stream.subarray(0, 4));
  assert.equal(reader.next(), null);
  reader.feed(stream.subarray(4));
  const frame = reader.next()!;
  reader.handled();
  const other = framed(Buffer.concat([Buffer.from([0, 0]), Buffer.alloc(9_000, 0xee)]));
  reader.feed(other.subarray(0, 5_000));
  reader.next();
  reader.feed(other.subarray(5_000));
  reader.next();
  assert.ok(frame.equals(stream.subarray(4)));
});

test('a size that is only claimed takes no memory', () => {
  const budget = new MemoryBudget(64 * mebibyte);
  const reader = new FrameReader(100 * mebibyte, budget, pool);
  const head = Buffer.alloc(4);
  head.writeInt32BE(100 * mebibyte);
  reader.feed(Buffer.concat([head, patterned(1_000)]));
  assert.equal(reader.next(), null);
  assert.equal(budget.usedBytes, 0);
  assert.ok(reader.directTarget()!.length <= mebibyte);
});

test('a large frame that does not fit the common budget is refused, and gives back what it had', () => {
  const budget = new MemoryBudget(3 * mebibyte);
  const reader = new FrameReader(100 * mebibyte, budget, pool);
  const stream = framed(patterned(6 * mebibyte));
  assert.throws(() => readAll(reader, stream, () => 65_536), { code: 'HW_BROKER_FRAME', message: /queued\.max/ });
  reader.close();
  assert.equal(budget.usedBytes, 0);
});

test('sizes that make no sense say what the stream looks like', () => {
  const cases: [Buffer, RegExp][] = [
    [Buffer.from('GET / HTTP/1.1\r\n'), /looks like HTTP/],
    [Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00]), /looks like TLS/],
    [Buffer.from([0xff, 0xff, 0xff, 0xff]), /-1 is negative/],
    [Buffer.from([0x7f, 0xff, 0xff, 0xff]), /above socket\.request\.max\.bytes \(1048576\)/],
  ];
  for (const [bytes, message] of cases) {
    const reader = new FrameReader(mebibyte, new MemoryBudget(mebibyte), pool);
    reader.feed(bytes);
    assert.throws(() => reader.next(), { code: 'HW_BROKER_FRAME', message });
  }
});
