import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameSplitter } from './frame-splitter.ts';

function framed(content: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeInt32BE(content.length);
  return Buffer.concat([size, content]);
}

test('frames come out whole, however the bytes are cut', () => {
  const contents = [4, 5, 100, 4, 70_000, 9].map((length, i) => Buffer.alloc(length, i + 1));
  const stream = Buffer.concat(contents.map(framed));
  for (const step of [1, 2, 3, 5, 7, 50, 1000, 65_536, stream.length]) {
    const frames: Buffer[] = [];
    const splitter = new FrameSplitter(100_000, (frame) => frames.push(frame));
    for (let at = 0; at < stream.length; at += step) splitter.push(stream.subarray(at, at + step));
    assert.deepEqual(frames, contents, `in steps of ${step}`);
  }
});

test('frames stay as they are when the bytes that they came in are used again', () => {
  const contents = [4, 2_000, 70_000].map((length, i) => Buffer.alloc(length, i + 1));
  const frames: Buffer[] = [];
  const splitter = new FrameSplitter(100_000, (frame) => frames.push(frame));
  const chunk = Buffer.concat(contents.map(framed));
  splitter.push(chunk);
  chunk.fill(0xff);
  assert.deepEqual(frames, contents);
});

test('a size that no broker sends is refused before anything is allocated', () => {
  for (const size of [-1, 0, 3, 100_001, 0x48545450 /* 'HTTP' */]) {
    const splitter = new FrameSplitter(100_000, () => assert.fail('a frame'));
    const head = Buffer.alloc(4);
    head.writeInt32BE(size);
    assert.throws(() => splitter.push(head), { code: 'HW_CLIENT_BAD_ANSWER' }, String(size));
  }
});
