import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PipelineError } from '../pipeline-error.ts';
import { maskToken } from './mask.ts';
import { TemplateMiner } from './template-miner.ts';

test('what varies by nature is masked', () => {
  for (const [token, text, ...parameters] of [
    ['512', '<*>', '512'],
    ['-3.25', '<*>', '-3.25'],
    ['15ms', '<*>ms', '15'],
    ['/10.0.0.1:2181', '/<*>:<*>', '10.0.0.1', '2181'],
    ['id=0x1f,', 'id=<*>,', '0x1f'],
    ['[req-38101a0b-2096-447d-96ea-a692162415ae]', '[req-<*>]', '38101a0b-2096-447d-96ea-a692162415ae'],
    ['"/etc/httpd/conf.d"', '"<*>"', '/etc/httpd/conf.d'],
    ['fe80:0:0:0:1:2:3:4', '<*>', 'fe80:0:0:0:1:2:3:4'],
    ['host=db.example.com', 'host=<*>', 'db.example.com'],
    ['jk2_init()', 'jk2_init()'],
    ['plain', 'plain'],
    ['and/or', 'and/or'],
  ] as const)
    assert.deepEqual(maskToken(token!), { text, parameters }, token);
});

test('lines of one message share a template, with what varies as parameters', () => {
  const miner = new TemplateMiner();
  const first = miner.mine('Accepted 512 bytes from 10.0.0.1');
  const second = miner.mine('Accepted 7 bytes  from 10.0.0.2');
  assert.equal(first.template, 'Accepted <*> bytes from <*>');
  assert.deepEqual(second, { ...first, parameters: ['7', '10.0.0.2'] });
  assert.notEqual(miner.mine('Refused 7 bytes from 10.0.0.2').templateId, first.templateId);
  assert.equal(miner.mine('').template, '');
});

test('a word varies only after it has had several values, and earlier ids go on to mean the same', () => {
  const miner = new TemplateMiner();
  const ids = ['red', 'green', 'blue', 'grey'].map(
    (colour) => miner.mine(`the lamp turned ${colour} in the hall`).templateId,
  );
  assert.equal(new Set(ids).size, 4);
  const fifth = miner.mine('the lamp turned black in the hall');
  assert.equal(fifth.template, 'the lamp turned <*> in the hall');
  assert.deepEqual(fifth.parameters, ['black']);
  for (const id of ids) assert.equal(miner.current(id)?.templateId, fifth.templateId);
  assert.equal(miner.current(ids[0]!)?.count, 5);
});

test('the state goes on in another miner', () => {
  const miner = new TemplateMiner();
  for (let i = 0; i < 20; i++) miner.mine(`worker w${'abcdefghij'[i % 10]} took job ${i} of ${'xyz'[i % 3]}`);
  const next = TemplateMiner.from(JSON.parse(JSON.stringify(miner.state())));
  assert.deepEqual(next.templates(), miner.templates());
  for (const line of ['worker wz took job 7 of y', 'something else'])
    assert.deepEqual(next.mine(line), miner.mine(line));
  assert.deepEqual(next.state(), miner.state());
  for (const bad of [null, {}, { format: 2, templates: [] }, { format: 1, templates: [{ id: 1 }], merged: [] }])
    assert.throws(() => TemplateMiner.from(bad), PipelineError);
});

test('templates are bounded, the least recently used go first', () => {
  const miner = new TemplateMiner({ templatesMax: 10 });
  const kept = miner.mine('this one is used all the time');
  for (let i = 0; i < 500; i++) {
    const word = i.toString(26).replace(/\d/g, (digit) => 'qrstuvwxyz'[Number(digit)]!);
    miner.mine(`${word} ${word} ${word}`);
    assert.equal(miner.mine('this one is used all the time').templateId, kept.templateId);
  }
  assert.ok(miner.templateCount <= 10, `${miner.templateCount}`);
  assert.ok(miner.evictedCount > 400);
});

test('random and giant lines are bounded, and parameters put back give the line', () => {
  const seed = Math.floor(Math.random() * 1e9);
  console.log(`seed ${seed}`);
  let state = seed;
  const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const miner = new TemplateMiner({ templatesMax: 200 });
  const pieces = [
    'a',
    'Z',
    '0',
    '17',
    '.',
    ':',
    '-',
    '/',
    '=',
    '(',
    ' ',
    ' ',
    'x1',
    'ff',
    '"',
    '<*>',
    'é',
    '\u0000',
    'user',
    'Jun',
    'example.com',
  ];
  for (let i = 0; i < 5_000; i++) {
    const line = Array.from({ length: Math.floor(next() * 30) }, () => pieces[Math.floor(next() * pieces.length)]).join(
      '',
    );
    const { template, parameters } = miner.mine(line);
    if (line.includes('<*>')) continue;
    let at = 0;
    const restored = template.replaceAll('<*>', () => parameters[at++] ?? '?');
    assert.equal(
      restored,
      line
        .split(/[ \t\n\v\f\r]+/)
        .filter(Boolean)
        .join(' '),
      `seed ${seed}`,
    );
    assert.equal(at, parameters.length, `seed ${seed}`);
  }
  assert.ok(miner.templateCount <= 200);
  for (const giant of [
    'x'.repeat(1 << 20),
    'a '.repeat(1 << 19),
    '1.'.repeat(1 << 19),
    '/a'.repeat(1 << 19),
    'a.'.repeat(1 << 19),
  ])
    assert.ok(miner.mine(giant).template.length <= 8_192);
});
