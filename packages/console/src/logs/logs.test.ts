import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readLogLine, topTemplates, topValues } from './log-line.ts';
import { clauseOf, clauseState, lineMatcher, splitQuery, suggestions, withClause } from './log-query.ts';
import { cutText, visibleText } from './safe-text.ts';

const line = readLogLine('headwater-logs-2-17', {
  timestampMs: 5,
  service: 'orders',
  level: 'ERROR',
  message: 'Connection refused by db-1: "gone"',
  stack: 'Error: refused\n    at connect',
  attributes: { tenant: 'blue', size: 3 },
});

test('a line is read, whatever is missing', () => {
  assert.deepEqual(line.record, { topic: 'headwater-logs', partition: 2, offset: 17 });
  assert.deepEqual(line.attributes, { tenant: 'blue', size: '3' });
  assert.equal(readLogLine('x', { '@timestamp': '2026-02-03T10:00:00Z', level: 'LOUD' }).level, 'INFO');
  assert.equal(readLogLine('x', { '@timestamp': '2026-02-03T10:00:00Z' }).atMs, Date.UTC(2026, 1, 3, 10));
  assert.equal(readLogLine('x', 'no object').message, 'no object');
  assert.equal(readLogLine('x', null).record, null);
});

test('a value is asked for, left out, and let go', () => {
  assert.equal(clauseOf('service', 'orders'), 'service:orders');
  assert.equal(clauseOf('template', 'took "<*>" \\ ms'), 'template:"took \\"<*>\\" \\\\ ms"');
  assert.equal(clauseOf('level', 'OR'), 'level:"OR"');
  const asked = withClause('refused', 'service', 'orders', false);
  assert.equal(asked, 'refused service:orders');
  assert.equal(clauseState(asked, 'service', 'orders'), 'in');
  const left = withClause(asked, 'service', 'orders', true);
  assert.equal(left, 'refused -service:orders');
  assert.equal(clauseState(left, 'service', 'orders'), 'out');
  assert.equal(withClause(left, 'service', 'orders', true), 'refused');
  assert.deepEqual(splitQuery('a "b c" -d:"e f" g:h'), ['a', '"b c"', '-d:"e f"', 'g:h']);
});

test('lines that are here are judged as the store does', () => {
  const fits = (query: string) => lineMatcher(query)?.(line);
  for (const query of [
    '',
    'connection',
    'CONNECTION refused',
    '"refused by db"',
    'service:orders',
    'labels:"tenant=blue"',
    '-level:INFO',
    'stack:connect',
    'AND refused',
  ])
    assert.equal(fits(query), true, query);
  for (const query of ['connect refusal', '"refused db"', 'service:order', '-refused', 'level:WARN'])
    assert.equal(fits(query), false, query);
  for (const query of ['a OR b', '(a)', 'size:>3', 'conn*', '[1 TO 2]']) assert.equal(lineMatcher(query), null, query);
});

test('what may come next: fields, then their values', () => {
  const values = () => [
    { value: 'orders', count: 7 },
    { value: 'word count', count: 1 },
  ];
  assert.deepEqual(suggestions('err se', 6, ['level', 'service'], values), {
    from: 4,
    items: [{ text: 'service:', note: 'field' }],
  });
  assert.deepEqual(suggestions('-service:wo', 11, ['service'], values), {
    from: 0,
    items: [{ text: '-service:"word count" ', note: '1' }],
  });
  assert.deepEqual(suggestions('done ', 5, ['service'], values).items, []);
});

test('no text moves, hides or forges another', () => {
  assert.equal(visibleText('\u001b[31mred\u001b[0m\u0000\u007f'), '␛[31mred␛[0m␀␡');
  assert.equal(visibleText('a\nb\tc'), 'a↵b→c');
  assert.equal(visibleText('a\nb\tc\r', { keepLines: true }), 'a\nb\tc␍');
  assert.equal(visibleText('abc\u202egnp.exe\u200b\u0085'), 'abc⟨U+202E⟩gnp.exe⟨U+200B⟩⟨U+0085⟩');
  assert.equal(visibleText('ünïcödé 😀 日本'), 'ünïcödé 😀 日本');
  assert.deepEqual(cutText('abcdef', 4), { text: 'abcd', leftOut: 2 });
  assert.deepEqual(cutText('ab😀', 3), { text: 'ab', leftOut: 2 });
});

test('the commonest values and templates', () => {
  const lines = [
    line,
    line,
    readLogLine('y', { timestampMs: 9, service: 'users', level: 'INFO', message: 'hello', template: 'hello' }),
  ];
  assert.deepEqual(topValues(lines, 'service'), [
    { value: 'orders', count: 2 },
    { value: 'users', count: 1 },
  ]);
  assert.deepEqual(topValues(lines, 'labels', 1), [{ value: 'size=3', count: 2 }]);
  assert.deepEqual(
    topTemplates(lines).map(({ template, count, level, lastMs }) => [template.slice(0, 10), count, level, lastMs]),
    [
      ['Connection', 2, 'ERROR', 5],
      ['hello', 1, 'INFO', 9],
    ],
  );
});
