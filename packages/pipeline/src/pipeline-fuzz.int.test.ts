import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePipeline } from './compile-pipeline.ts';
import { Grok } from './grok/grok.ts';
import { grokPatterns } from './grok/grok-patterns.ts';
import { PipelineError } from './pipeline-error.ts';
import { processorTypes } from './processors/processor-types.ts';

function random(): { next: () => number; pick: <T>(list: readonly T[]) => T; seed: number } {
  const seed = Math.floor(Math.random() * 1e9);
  console.log(`seed ${seed}`);
  let state = seed;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return { next, pick: (list) => list[Math.floor(next() * list.length)]!, seed };
}

/** What a call may end with: a value, or a PipelineError. */
function served<T>(call: () => T, what: string): T | undefined {
  try {
    return call();
  } catch (error) {
    assert.ok(error instanceof PipelineError, `${what}: ${String((error as Error)?.stack ?? error)}`);
    return undefined;
  }
}

const names = Object.keys(grokPatterns);
const scraps = [
  'a',
  '.',
  '*',
  '+',
  '?',
  '(',
  ')',
  '[',
  ']',
  '{2}',
  '{1,}',
  '|',
  '\\d',
  '\\w+',
  '(?:',
  '(?=',
  '(?<!a)',
  '(?>',
  '(?<n>',
  '^',
  '$',
  '\\b',
  ' ',
  '-',
  '[^ ]',
  '++',
];
const words = [
  '10.0.0.1',
  'GET',
  '/a/b?c=d',
  '200',
  '-',
  '"x y"',
  '[',
  ']',
  'Jun',
  '14',
  '15:16:01',
  'ERROR',
  'é',
  '\\',
  '\n',
  '::1',
  ' ',
  'a@b.c',
  '2026-01-02T03:04:05Z',
  'aaaaaaaaaaaa',
  '0x1f',
  'org.a.B',
  '(',
  ')',
  ':',
];

test('random grok expressions on random lines end, with fields or a pipeline error', () => {
  const { next, pick } = random();
  for (let i = 0; i < 300; i++) {
    const expression = Array.from({ length: 1 + Math.floor(next() * 8) }, () =>
      next() < 0.4
        ? `%{${pick(names)}${next() < 0.6 ? `:f${Math.floor(next() * 5)}` : ''}${next() < 0.1 ? ':x:int' : ''}}`
        : pick(scraps),
    ).join(next() < 0.5 ? ' ' : '');
    const grok = served(() => new Grok(expression), expression);
    if (grok === undefined) continue;
    for (let k = 0; k < 3; k++) {
      const line = Array.from({ length: Math.floor(next() * 25) }, () => pick(words)).join(next() < 0.5 ? ' ' : '');
      const fields = served(() => grok.match(line), `${expression} on ${line}`);
      for (const value of Object.values(fields ?? {})) assert.ok(typeof value !== 'string' || line.includes(value));
    }
  }
});

test('nested quantifiers and lines of a megabyte are bounded', () => {
  const long = 1 << 20;
  const lines = [
    'a'.repeat(long),
    'a '.repeat(long / 2),
    '1.'.repeat(long / 2),
    '"\\'.repeat(long / 2),
    ':'.repeat(long),
    'Jun 14 '.repeat(long / 7),
    '/a'.repeat(long / 2),
  ];
  const expressions = [
    '(a+)+b',
    '(?:(?:a*)*)*!',
    '(%{DATA:x})*!',
    '%{DATA:a}%{DATA:b}%{DATA:c}%{DATA:d}!',
    '(?:%{WORD} ?)+!',
    '%{GREEDYDATA:a}%{GREEDYDATA:b}!',
    '%{QS:q}!',
    '%{IP:i}!',
    '%{SYSLOGLINE}',
    '%{COMBINEDAPACHELOG}',
    '%{UNIXPATH:p}!',
    '%{TIMESTAMP_ISO8601:t}!',
    '((a|aa)+)+$!',
    '(?:(?=(a+))a+)+!',
  ];
  for (const [i, expression] of expressions.entries()) {
    const grok = new Grok(expression);
    for (const line of [lines[0]!, lines[1 + (i % (lines.length - 1))]!])
      served(() => grok.match(line), `${expression} on ${line.slice(0, 10)}…`);
  }
});

test('random pipelines on random documents end without anything but a pipeline error', () => {
  const { next, pick, seed } = random();
  const value = (depth = 2): unknown => {
    const kind = next();
    if (depth > 0 && kind < 0.15) return Array.from({ length: Math.floor(next() * 4) }, () => value(depth - 1));
    if (depth > 0 && kind < 0.3)
      return Object.fromEntries(
        Array.from({ length: Math.floor(next() * 4) }, () => [
          pick(['a', 'b', 'c', 'x.y', '__proto__', '0']),
          value(depth - 1),
        ]),
      );
    return pick<unknown>([
      null,
      true,
      0,
      -1.5,
      12,
      2n ** 62n,
      '',
      'a',
      '12',
      'a,b;"c',
      'k=v k2=v2',
      '{"a":1}',
      '2026-01-02T03:04:05Z',
      '<b>x</b>',
      '%zz',
      '{{a}}',
      '%{a} %{b}',
      ...words,
    ]);
  };
  const config = (type: string): Record<string, unknown> => ({
    ...Object.fromEntries(
      [
        'field',
        'target_field',
        'source_field',
        'patterns',
        'pattern',
        'formats',
        'value',
        'separator',
        'replacement',
        'type',
        'target_fields',
        'field_split',
        'value_split',
        'message',
        'name',
        'fields',
        'processor',
        'ignore_missing',
        'if',
      ]
        .filter((name) => next() < 0.8 || name === 'field')
        .filter((name) => (wanted[type] ?? ['field', 'target_field', 'ignore_missing', 'if']).includes(name))
        .map((name) => [name, option(name)]),
    ),
  });
  const option = (name: string): unknown => {
    switch (name) {
      case 'patterns':
        return [`%{${pick(names)}:${pick(['a', 'b', 'c.d'])}}`];
      case 'pattern':
        return pick(['%{a} %{b}', '%{a->},%{+a}', 'a+', '(?<=a)b', '[', '%{*k}=%{&k}', '']);
      case 'formats':
        return [pick(['ISO8601', 'UNIX', 'TAI64N', 'yyyy-MM-dd', 'MMM d HH:mm:ss', 'QQQ'])];
      case 'separator':
      case 'field_split':
      case 'value_split':
        return pick([',', ' ', '=', '', 'a*', '(a+)+', '\\b']);
      case 'type':
        return pick(['integer', 'long', 'float', 'boolean', 'string', 'auto', 'ip', 'nope']);
      case 'processor':
        return {
          [pick(['uppercase', 'convert', 'remove', 'set'])]: { field: '_ingest._value', type: 'auto', value: 'z' },
        };
      case 'fields':
      case 'target_fields':
        return ['a', 'b', 'c.d'];
      case 'ignore_missing':
        return next() < 0.5;
      case 'if':
        return pick([
          "ctx.a == 'a'",
          'ctx.b?.c != null',
          "ctx.a.contains('a')",
          'ctx.n > 1 && !ctx.m',
          'ctx.a =~ /(a+)+b/',
          'ctx[',
          'true',
        ]);
      case 'value':
        return value();
      default:
        return pick(['a', 'b', 'c.d', 'a.b.c', '_ingest.x', '_index', '__proto__.z', '{{a}}', 'a.0', '..', '']);
    }
  };
  const wanted: Record<string, string[]> = {
    grok: ['field', 'patterns', 'ignore_missing', 'if'],
    dissect: ['field', 'pattern', 'if'],
    date: ['field', 'formats', 'target_field', 'if'],
    set: ['field', 'value', 'if'],
    append: ['field', 'value', 'if'],
    rename: ['field', 'target_field', 'ignore_missing', 'if'],
    copy: ['source_field', 'target_field', 'ignore_missing'],
    remove: ['field', 'ignore_missing', 'if'],
    gsub: ['field', 'pattern', 'replacement', 'if'],
    split: ['field', 'separator', 'if'],
    join: ['field', 'separator', 'if'],
    convert: ['field', 'type', 'target_field', 'if'],
    csv: ['field', 'target_fields', 'if'],
    kv: ['field', 'field_split', 'value_split', 'target_field', 'if'],
    foreach: ['field', 'processor', 'if'],
    fail: ['message', 'if'],
    pipeline: ['name', 'if'],
    drop: ['if'],
    fingerprint: ['fields', 'ignore_missing'],
    sort: ['field'],
    dot_expander: ['field'],
    json: ['field', 'target_field'],
  };
  let ran = 0;
  for (let i = 0; i < 800; i++) {
    const processors = Array.from({ length: 1 + Math.floor(next() * 5) }, () => {
      const type = pick(Object.keys(processorTypes));
      return { [type]: { ...config(type), ...(next() < 0.3 ? { ignore_failure: true } : {}) } };
    });
    const pipeline = served(
      () => compilePipeline({ processors }),
      JSON.stringify(processors, (_key, one) => (typeof one === 'bigint' ? String(one) : one)),
    );
    if (pipeline === undefined) continue;
    for (let k = 0; k < 3; k++) {
      const result = pipeline.run(
        Object.fromEntries(['a', 'b', 'c', 'n', 'm'].filter(() => next() < 0.7).map((name) => [name, value()])),
      );
      if (result.kind === 'error')
        assert.ok(
          result.error instanceof PipelineError && !(result.error.cause instanceof TypeError),
          `seed ${seed}: ${String((result.error.cause as Error)?.stack)}`,
        );
      ran++;
    }
  }
  assert.ok(ran > 100, `${ran} of random pipelines ran`);
  assert.equal(({} as Record<string, unknown>)['z'], undefined);
});
