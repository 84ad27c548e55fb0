import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineSplitter } from './line-splitter.ts';

test('lines are the same however the bytes are cut', () => {
  const text = 'one\ntwo\r\n\nthree — long enough to be cut\nlast';
  const expected = ['one', 'two', '', 'three — long enough to be cut', 'last'];
  const bytes = Buffer.from(text);
  for (let size = 1; size <= bytes.length; size += 1) {
    const splitter = new LineSplitter();
    const lines: string[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      lines.push(...splitter.push(bytes.subarray(at, at + size)).map(String));
    }
    lines.push(...splitter.end().map(String));
    assert.deepEqual(lines, expected, `pieces of ${size}`);
    assert.equal(splitter.count, expected.length);
  }
});
