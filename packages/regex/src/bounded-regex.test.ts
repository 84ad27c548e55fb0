import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BoundedRegex } from './bounded-regex.ts';
import { LinearRegex, RegexBudgetError } from './linear-regex.ts';
import { RegexSyntaxError } from './syntax.ts';

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A random expression that JavaScript reads in the same way. */
function expression(next: () => number, depth: number, hasLook: boolean): string {
  const pick = (list: readonly string[]): string => list[Math.floor(next() * list.length)]!;
  const atom = (): string => {
    const kind = next();
    if (depth > 0 && kind < 0.25) return `(${expression(next, depth - 1, hasLook)})`;
    if (depth > 0 && hasLook && kind < 0.35)
      return `(?${pick(['=', '!'])}${expression(next, depth - 1, false)
        .replaceAll('(', '(?:')
        .replaceAll('(?:?', '(?')})`;
    if (hasLook && kind < 0.4) return pick(['(?<=a)', '(?<!b)', '(?<=ab|c)', '(?<!a|bc)']);
    return pick(['a', 'b', 'c', '[ab]', '[^a]', '.', 'ab', '\\b', '^', '$']);
  };
  const piece = (): string => {
    const one = atom();
    if (/^(\\b|\^|\$|\(\?[=!<])/.test(one)) return one;
    // In JavaScript alone a turn of a loop that matches nothing is taken back: groups here always match something.
    if (one.startsWith('(')) return `(${one}[abc])${pick(['', '*', '+', '??', '{1,2}'])}`;
    const isGroup = one.startsWith('(') || one.length === 1 || one.startsWith('[');
    return (
      (isGroup ? one : `(?:${one})`) + pick(['', '', '', '*', '+', '?', '*?', '+?', '??', '{1,2}', '{2}', '{0,3}?'])
    );
  };
  const sequence = (): string => Array.from({ length: 1 + Math.floor(next() * 3) }, piece).join('');
  return Array.from({ length: 1 + Math.floor(next() * 2) }, sequence).join('|');
}

test("it finds the match that JavaScript's engine finds, groups too", () => {
  const seed = Math.floor(Math.random() * 1e9);
  console.log(`seed ${seed}`);
  const next = random(seed);
  for (let i = 0; i < 4_000; i++) {
    const source = expression(next, 3, true);
    const regex = new BoundedRegex(source, { stepsMax: 1_000_000 });
    const foreign = new RegExp(source);
    for (let k = 0; k < 3; k++) {
      const text = Array.from({ length: Math.floor(next() * 12) }, () => 'abc'[Math.floor(next() * 3)]).join('');
      const expected = foreign.exec(text);
      const found = regex.find(text);
      assert.equal(found?.start, expected?.index, `/${source}/ on ${text}, seed ${seed}`);
      assert.equal(found?.groups[0], expected?.[0], `/${source}/ on ${text}, seed ${seed}`);
    }
  }
});

test('the groups are those of the linear matcher', () => {
  const seed = Math.floor(Math.random() * 1e9);
  console.log(`seed ${seed}`);
  const next = random(seed);
  for (let i = 0; i < 2_000; i++) {
    const source = expression(next, 2, false);
    const text = Array.from({ length: Math.floor(next() * 10) }, () => 'abc'[Math.floor(next() * 3)]).join('');
    const found = new BoundedRegex(source).find(text);
    const expected = new LinearRegex(source).find(text);
    assert.deepEqual(found, expected, `/${source}/ on ${text}, seed ${seed}`);
  }
});

test('nested quantifiers end in time', () => {
  for (const source of [
    '(a+)+b',
    '(a|aa)+b',
    '(a*)*b',
    '((a+)?)+b',
    '(a|a?)+b',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
    '(?:(?=a)a+)+b',
    '(?:a++)*b',
  ]) {
    const regex = new BoundedRegex(source);
    assert.equal(regex.find('a'.repeat(60)), null, source);
    try {
      assert.equal(regex.find('a'.repeat(5_000)), null, source);
    } catch (error) {
      assert.ok(error instanceof RegexBudgetError, `${source}: ${error}`);
    }
  }
});

test('a text of a megabyte is bounded', () => {
  const text = 'x'.repeat(1 << 20);
  assert.equal(new BoundedRegex('^(.*)$').find(text)?.groups[1]?.length, 1 << 20);
  assert.equal(new BoundedRegex('.*y', { dialect: 'oniguruma' }).find(text), null);
  assert.throws(() => new BoundedRegex('x*x*x*x*y|x*x*z').find(text), RegexBudgetError);
});

test('what Oniguruma writes otherwise', () => {
  const onig = (source: string, text: string): string | undefined =>
    new BoundedRegex(source, { dialect: 'oniguruma', isNamedOnly: true }).find(text)?.groups.join('|');
  assert.equal(onig('^b$', 'a\nb\nc'), 'b');
  assert.equal(onig('(?m)a.b', 'a\nb'), 'a\nb');
  assert.equal(onig('a.b', 'a\nb'), undefined);
  assert.equal(onig('\\w+', 'é'), 'é');
  assert.equal(onig('\\h+', 'xyz12fg'), '12f');
  assert.equal(onig('[[:alpha:]_]+', '1ab_2'), 'ab_');
  assert.equal(onig('(a)(?<n>b)', 'ab'), 'ab|b');
  assert.equal(onig('{x}', '{x}'), '{x}');
  assert.equal(onig('(?>a+)a', 'aaa'), undefined);
  assert.equal(onig('(?>(?<!\\\\)(?>"(?>\\\\.|[^\\\\"]+)+"|""))', 'say "a \\" b" now'), '"a \\" b"');
  assert.throws(() => onig('(?<=a+)b', 'ab'), RegexSyntaxError);
});
