import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePipeline, type Pipeline } from './compile-pipeline.ts';
import { PipelineError } from './pipeline-error.ts';

const nowMs = (): number => Date.UTC(2026, 5, 14, 12, 0, 0);

function run(processors: unknown[], source: Record<string, unknown>, more: object = {}): unknown {
  const result = compilePipeline({ processors, ...more }, { nowMs, id: 'p' }).run(source, { _index: 'i', _id: '1' });
  if (result.kind === 'document') return result.document;
  return result.kind === 'error' ? `${result.error.code} ${result.error.describe()}` : 'dropped';
}

test('grok takes the first expression that fits, and converts', () => {
  const grok = {
    field: 'm',
    patterns: ['%{IP:client} %{NUMBER:bytes:int}', '%{WORD:a.b} %{X:x}'],
    pattern_definitions: { X: '[xyz]+' },
  };
  assert.deepEqual(run([{ grok }], { m: '10.0.0.1 512' }), { m: '10.0.0.1 512', client: '10.0.0.1', bytes: 512 });
  assert.deepEqual(run([{ grok }], { m: 'word xyz' }), { m: 'word xyz', a: { b: 'word' }, x: 'xyz' });
  assert.match(
    String(run([{ grok: { ...grok, tag: 't1' } }], { m: '?' })),
    /^HW_PIPELINE_NO_MATCH pipeline \[p\] processor \[grok\] tag \[t1\] field \[m\]: Provided Grok/,
  );
  assert.match(String(run([{ grok }], {})), /HW_PIPELINE_FIELD .*field \[m\] not present as part of path \[m\]/);
  assert.deepEqual(run([{ grok: { ...grok, ignore_missing: true } }], {}), {});
});

test('dates of many shapes', () => {
  const date = (value: unknown, ...formats: string[]): unknown => {
    const out = run([{ date: { field: 'd', formats, target_field: 't', timezone: 'Europe/Berlin' } }], { d: value });
    return typeof out === 'string' ? out : (out as Record<string, unknown>)['t'];
  };
  assert.equal(date('2026-07-01T10:00:00Z', 'ISO8601'), '2026-07-01T12:00:00.000+02:00');
  assert.equal(date('2026-01-01 10:00:00', 'yyyy-MM-dd HH:mm:ss'), '2026-01-01T10:00:00.000+01:00');
  assert.equal(date('Jun  4 15:16:01', 'MMM d HH:mm:ss', 'MMM  d HH:mm:ss'), '2026-06-04T15:16:01.000+02:00');
  assert.equal(date('10/Oct/2000:13:55:36 -0700', 'dd/MMM/yyyy:HH:mm:ss Z'), '2000-10-10T22:55:36.000+02:00');
  assert.equal(date('Sun Dec 04 04:47:44 2005', 'EEE MMM dd HH:mm:ss yyyy'), '2005-12-04T04:47:44.000+01:00');
  assert.equal(date('2015-07-29 17:41:44,747', 'yyyy-MM-dd HH:mm:ss,SSS'), '2015-07-29T17:41:44.747+02:00');
  assert.equal(date(1_000_000_000, 'UNIX'), '2001-09-09T03:46:40.000+02:00');
  assert.equal(date('1000000000123', 'UNIX_MS'), '2001-09-09T03:46:40.123+02:00');
  assert.equal(date('4000000050d506482dbdf024', 'TAI64N'), '2012-12-22T02:00:46.767+01:00');
  assert.match(String(date('2026-02-30', 'yyyy-MM-dd')), /unable to parse date \[2026-02-30\]/);
  assert.equal(date('5:03 PM 1/2/26', 'h:mm a d/M/yy'), '2026-02-01T17:03:00.000+01:00');
});

test('dissect', () => {
  const dissect = (pattern: string, m: string, more = {}): unknown =>
    run([{ dissect: { field: 'm', pattern, ...more } }], { m });
  assert.deepEqual(dissect('%{a->} %{b} [%{c}]', 'x    y [z]'), { m: 'x    y [z]', a: 'x', b: 'y', c: 'z' });
  assert.deepEqual(dissect('%{+n/2} %{+n/1} %{?skip}', 'a b c', { append_separator: ' ' }), { m: 'a b c', n: 'b a' });
  assert.deepEqual(dissect('%{*k}=%{&k}', 'colour=red'), { m: 'colour=red', colour: 'red' });
  assert.match(String(dissect('%{a}|%{b}', 'nothing')), /Unable to find match for dissect pattern/);
});

test('fields are set, renamed, removed, appended and converted', () => {
  assert.deepEqual(run([{ set: { field: 'b.c', value: '{{{a}}}-{{_index}}' } }], { a: 'x' }), {
    a: 'x',
    b: { c: 'x-i' },
  });
  assert.deepEqual(
    run([{ set: { field: 'b', copy_from: 'a' } }, { set: { field: 'a', value: 9, override: false } }], { a: [1] }),
    { a: [1], b: [1] },
  );
  assert.deepEqual(
    run([{ rename: { field: 'a', target_field: 'b.c' } }, { remove: { field: ['x', 'y'], ignore_missing: true } }], {
      a: 1,
      x: 2,
    }),
    { b: { c: 1 } },
  );
  assert.match(
    String(run([{ rename: { field: 'a', target_field: 'b' } }], { a: 1, b: 2 })),
    /field \[b\] already exists/,
  );
  assert.deepEqual(run([{ append: { field: 'l', value: ['b', 'a'], allow_duplicates: false } }], { l: 'a' }), {
    l: ['a', 'b'],
  });
  assert.deepEqual(
    run([{ convert: { field: 'n', type: 'integer' } }, { convert: { field: 'l', type: 'auto' } }], {
      n: '0x1f',
      l: ['1', 'true', '1.5', 'x'],
    }),
    { n: 31, l: [1, true, 1.5, 'x'] },
  );
  assert.equal(
    (run([{ convert: { field: 'n', type: 'long' } }], { n: '9007199254740993' }) as { n: bigint }).n,
    9007199254740993n,
  );
  assert.match(
    String(run([{ convert: { field: 'n', type: 'integer' } }], { n: '2147483648' })),
    /unable to convert \[2147483648\] to integer/,
  );
  assert.deepEqual(run([{ dot_expander: { field: 'a.b' } }], { 'a.b': 1, a: { c: 2 } }), { a: { c: 2, b: 1 } });
  assert.deepEqual(run([{ sort: { field: 'l', order: 'desc' } }], { l: [1, 3, 2] }), { l: [3, 2, 1] });
});

test('texts', () => {
  const one = (type: string, f: unknown, more = {}): unknown => {
    const out = run([{ [type]: { field: 'f', ...more } }], { f });
    return typeof out === 'string' ? out : (out as Record<string, unknown>)['f'];
  };
  assert.equal(one('lowercase', 'AbC'), 'abc');
  assert.deepEqual(one('uppercase', ['a', 'b']), ['A', 'B']);
  assert.equal(one('trim', ' a '), 'a');
  assert.equal(one('urldecode', 'a%20b+c'), 'a b c');
  assert.equal(one('bytes', '2kb'), 2048);
  assert.equal(one('html_strip', 'a <b>bold</b> &amp; <script>x<1</script>c'), 'a bold & \n\nc');
  assert.equal(one('gsub', '10.0.0.1', { pattern: '(\\d+)\\.(?=\\d)', replacement: '$1-' }), '10-0-0-1');
  assert.deepEqual(one('split', 'a,b,,', { separator: ',' }), ['a', 'b']);
  assert.equal(one('join', ['a', 1, 'b'], { separator: '-' }), 'a-1-b');
  assert.match(
    String(one('gsub', 5, { pattern: 'a', replacement: '' })),
    /of type \[java.lang.Integer\] cannot be cast to \[java.lang.String\]/,
  );
});

test('structures', () => {
  assert.deepEqual(run([{ json: { field: 'j', target_field: 'o' } }], { j: '{"a":9007199254740993}' }), {
    j: '{"a":9007199254740993}',
    o: { a: 9007199254740993n },
  });
  assert.deepEqual(run([{ json: { field: 'j', add_to_root: true } }, { remove: { field: 'j' } }], { j: '{"a":[1]}' }), {
    a: [1],
  });
  assert.deepEqual(
    run([{ kv: { field: 'm', field_split: '[ ]+', value_split: '=', target_field: 'k', trim_value: '"' } }], {
      m: 'a=1  b="2" a=3',
    }),
    { m: 'a=1  b="2" a=3', k: { a: ['1', '3'], b: '2' } },
  );
  assert.deepEqual(run([{ csv: { field: 'm', target_fields: ['a', 'b', 'c'] } }], { m: '1,"x ""y""",' }), {
    m: '1,"x ""y""",',
    a: '1',
    b: 'x "y"',
  });
  assert.deepEqual(
    run([{ foreach: { field: 'l', processor: { uppercase: { field: '_ingest._value' } } } }], { l: ['a', 'b'] }),
    { l: ['A', 'B'] },
  );
  const hash = run([{ fingerprint: { fields: ['a', 'b'] } }], { a: 1, b: 'x' }) as Record<string, string>;
  assert.deepEqual(run([{ fingerprint: { fields: ['b', 'a'] } }], { b: 'x', a: 1 }), {
    b: 'x',
    a: 1,
    fingerprint: hash['fingerprint'],
  });
});

test('conditions choose, and what is not served is refused with its place', () => {
  const is = (condition: string, source: Record<string, unknown>): boolean =>
    run([{ drop: { if: condition } }], source) === 'dropped';
  assert.equal(is("ctx.a == 'x' && !(ctx.b != null)", { a: 'x' }), true);
  assert.equal(is("ctx.a?.b?.contains('lo') || ctx.n >= 3 + 1", { a: { b: 'hello' } }), true);
  assert.equal(is("ctx['a b'].startsWith('x') && ctx.l.contains(2)", { 'a b': 'xy', l: [1, 2] }), true);
  assert.equal(is("['a','b'].contains(ctx.x) ? ctx.y instanceof String : false", { x: 'b', y: 's' }), true);
  assert.equal(is('ctx.m =~ /(?i)err(or)?\\b/', { m: 'an ERROR' }), true);
  assert.equal(is("ctx.containsKey('z') || ctx._index == 'i'", {}), true);
  assert.equal(is('return ctx.n % 2 == 0;', { n: 4 }), true);
  assert.match(String(run([{ drop: { if: 'ctx.a.b == 1' } }], {})), /cannot read "b" of null at position 6/);
  for (const [condition, position] of [
    ["ctx.a.matches('x')", 6],
    ['for (int i = 0;;) {}', 0],
    ["ctx.a = 'x'", 6],
    ["ctx.a == 'x", 9],
    ['', 0],
    ['System.exit(1)', 0],
  ] as const) {
    assert.throws(
      () => compilePipeline({ processors: [{ drop: { if: condition } }] }),
      (error) =>
        error instanceof PipelineError &&
        error.code === 'HW_PIPELINE_CONDITION' &&
        error.position === position &&
        error.processor === 'drop',
      condition,
    );
  }
});

test('failures are handled by the processor, then by the pipeline, or given back', () => {
  const fails = { fail: { message: 'no {{a}}', tag: 't' } };
  assert.deepEqual(run([{ fail: { message: 'x', ignore_failure: true } }], { a: 1 }), { a: 1 });
  assert.deepEqual(
    run(
      [
        {
          fail: {
            ...fails.fail,
            on_failure: [
              {
                set: {
                  field: 'e',
                  value:
                    '{{_ingest.on_failure_processor_type}} {{_ingest.on_failure_processor_tag}}: {{_ingest.on_failure_message}}',
                },
              },
            ],
          },
        },
        { set: { field: 'after', value: true } },
      ],
      { a: 1 },
    ),
    { a: 1, e: 'fail t: no 1', after: true },
  );
  assert.deepEqual(
    run(
      [fails, { set: { field: 'after', value: true } }],
      { a: 1 },
      { on_failure: [{ set: { field: 'e', value: 'seen' } }] },
    ),
    { a: 1, e: 'seen' },
  );
  assert.equal(run([fails], { a: 1 }), 'HW_PIPELINE_FAILED pipeline [p] processor [fail] tag [t]: no 1');
});

test('a pipeline runs another one, and never itself', () => {
  const pipelines = new Map<string, Pipeline>();
  const make = (id: string, processors: unknown[]): Pipeline => {
    const made = compilePipeline({ processors }, { id, pipelines: (other) => pipelines.get(other) });
    pipelines.set(id, made);
    return made;
  };
  make('inner', [{ set: { field: 'inner', value: 1 } }]);
  make('loop', [{ pipeline: { name: 'loop' } }]);
  const result = make('outer', [{ pipeline: { name: '{{which}}' } }]).run({ which: 'inner' });
  assert.deepEqual(result.kind === 'document' && result.document, { which: 'inner', inner: 1 });
  const looped = pipelines.get('outer')!.run({ which: 'loop' });
  assert.match(looped.kind === 'error' ? looped.error.message : '', /Cycle detected for pipeline: loop/);
  assert.equal(pipelines.get('outer')!.run({ which: 'none' }).kind, 'error');
});

test('definitions that are wrong or not served are refused when compiled', () => {
  const refused = (processor: unknown, pattern: RegExp): void => {
    assert.throws(
      () => compilePipeline({ processors: [processor] }),
      (error) => error instanceof PipelineError && pattern.test(`${error.code} ${error.describe()}`),
      String(pattern),
    );
  };
  refused({ nope: {} }, /HW_PIPELINE_DEFINITION .*No processor type exists with name \[nope\]/);
  refused({ script: { source: 'x' } }, /HW_PIPELINE_NOT_SERVED .*\[script\]/);
  refused({ geoip: { field: 'x' } }, /HW_PIPELINE_NOT_SERVED/);
  refused({ set: { field: 'a' } }, /processor \[set\] field \[value\]: \[value\] required property is missing/);
  refused(
    { set: { field: 'a', value: 1, colour: 1 } },
    /doesn't support one or more provided configuration parameters \[colour\]/,
  );
  refused(
    { grok: { field: 'a', patterns: ['%{NOPE:x}'], tag: 'g' } },
    /HW_PIPELINE_PATTERN processor \[grok\] tag \[g\]: there is no pattern \[NOPE\]/,
  );
  refused(
    { grok: { field: 'a', patterns: ['%{A}'], pattern_definitions: { A: '%{B}', B: '%{A}' } } },
    /refers to itself \(A > B > A\)/,
  );
  refused({ grok: { field: 'a', patterns: ['(x'] } }, /HW_PIPELINE_PATTERN/);
  refused({ date: { field: 'a', formats: ['yyyy-jj'] } }, /the letter "j" is not served/);
  assert.throws(() => compilePipeline({ processors: [], colour: 1 }), /configuration parameters \[colour\]/);
  assert.throws(() => compilePipeline([]), PipelineError);
});

test('a document cannot reach the prototype of objects', () => {
  const out = run([{ set: { field: '__proto__.polluted', value: 1 } }, { json: { field: 'j', add_to_root: true } }], {
    j: '{"__proto__":{"polluted":2}}',
  });
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  assert.equal(typeof out, 'object');
});

test('templates that grow are cut', () => {
  const grow = Array.from({ length: 60 }, () => ({ set: { field: 'a', value: '{{{a}}}{{{a}}}' } }));
  assert.match(String(run(grow, { a: 'xxxxxxxx' })), /HW_PIPELINE_TOO_COSTLY/);
});
