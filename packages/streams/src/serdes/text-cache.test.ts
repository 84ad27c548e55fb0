import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TextOrigin, textOf } from './text-cache.ts';

test('texts are those of their bytes, whether they are looked for or not', () => {
  const origin = new TextOrigin();
  let skipped = 0;
  for (let index = 0; index < 20_000; index++) {
    const text = `${index % 3 === 0 ? index % 7 : index}-Zürich-${'x'.repeat(index % 40)}`.slice(index % 2);
    for (const each of [text, text.replace('ü', 'u')]) {
      if (origin.skips > 0) skipped++;
      const data = Buffer.from(`<${each}>`);
      assert.equal(textOf(data, 1, data.length - 1, origin), each);
    }
  }
  assert.ok(skipped > 0, 'nearly all are new: most are not looked for');
});

test('a text that comes again and again is one text, and is looked for on', () => {
  const origin = new TextOrigin();
  const data = Buffer.from('rain-sun');
  for (let round = 0; round < 10_000; round++) {
    assert.equal(textOf(data, 0, 4, origin), 'rain');
    assert.equal(textOf(data, 5, 8, origin), 'sun');
  }
  assert.equal(origin.skips, 0);
  assert.ok(origin.hits > 19_000);
});
