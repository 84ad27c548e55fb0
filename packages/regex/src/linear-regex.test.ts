// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Java's replacement syntax
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LinearRegex, RegexBudgetError } from './linear-regex.ts';
import { RegexSyntaxError } from './syntax.ts';

test('Java replacement forms', () => {
  assert.equal(new LinearRegex('/red/?(?<rest>.*)').replaceAll('/red/a/b', '/${rest}'), '/a/b');
  assert.equal(new LinearRegex('/(a|b)/(\\d+)').replaceAll('/a/12/b/3', '<$2-$1>'), '<12-a><3-b>');
  assert.equal(new LinearRegex('x*').replaceAll('abxc', '-'), '-a-b--c-'); // as java.util.regex does
  assert.equal(new LinearRegex('a').replaceAll('cat', '\\$1\\\\'), 'c$1\\t');
  assert.throws(() => new LinearRegex('(?<a>.)').parseReplacement('${b}'), /names the group "b"/);
  assert.throws(() => new LinearRegex('.').parseReplacement('$'), /must be followed/);
});

test('whole matches', () => {
  assert.ok(new LinearRegex('a.p').test('axp'));
  assert.ok(!new LinearRegex('a.p').test('axpp'));
  assert.ok(new LinearRegex('(?i)green|Red').test('rED'));
  assert.ok(new LinearRegex('\\Q*.*\\E').test('*.*'));
  assert.ok(new LinearRegex('[^/&&]{2}'.replace('&&', '')).test('ab'));
  assert.deepEqual(new LinearRegex('(?<year>\\d{4})-(\\d\\d)?').matches('2024-')?.groups, ['2024-', '2024', undefined]);
});

test('what would need backtracking is refused when the route is read', () => {
  for (const source of [
    '(a)\\1',
    '(?=a)',
    '(?<!a)b',
    '(?>a)',
    'a++',
    '[a&&b]',
    '(',
    ')',
    '[a',
    'a{2,1}',
    'a{9999}',
    '*a',
    '\\',
    '(?<x>a)(?<x>b)',
    'a{',
    '\\y',
  ])
    assert.throws(() => new LinearRegex(source), RegexSyntaxError, source);
  assert.throws(() => new LinearRegex('((a{100}){100})'), /too large/);
});

test('expressions that explode under backtracking stay linear', () => {
  const text = 'a'.repeat(8_000);
  const started = performance.now();
  assert.ok(!new LinearRegex('(a+)+$').test(`${text}!`));
  assert.ok(!new LinearRegex('(a|a)*b').test(text));
  assert.ok(!new LinearRegex('(.*)(.*)(.*)(.*)=').test(text));
  assert.ok(performance.now() - started < 10_000, 'a backtracking matcher would not come back');
  assert.throws(() => new LinearRegex('a.*b|a').replaceAll(text, 'x'), RegexBudgetError);
});

test('agrees with a backtracking matcher on random expressions', () => {
  const seed = Number(process.env.SEED ?? Date.now() % 1e9);
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const pick = <T>(list: readonly T[]): T => list[random(list.length)]!;
  function expression(depth: number): string {
    if (depth === 0) return pick(['a', 'b', '.', '[ab]', '[^a]', '\\d', '1']);
    switch (random(6)) {
      case 0:
        return expression(depth - 1) + expression(depth - 1);
      case 1:
        return `(${expression(depth - 1)}|${expression(depth - 1)})`;
      case 2:
        // A repeated atom that cannot be empty: matchers differ in the groups of empty rounds.
        return `${pick(['a', 'b', '.', '[ab1]', '(?:ab)', '(?:a|b1)'])}${pick(['*', '+', '?', '{1,2}', '{2}', '{1,}', '*?', '+?', '??'])}`;
      case 3:
        return `(${expression(depth - 1)})`;
      case 4: {
        const inner = expression(depth - 1);
        // JavaScript, unlike Java, refuses an optional part that matches nothing.
        return new RegExp(`^(?:${inner})$`).test('') ? inner : `(?:${inner})?`;
      }
      default:
        return expression(depth - 1);
    }
  }
  for (let i = 0; i < 3_000; i++) {
    const source = expression(3);
    const text = Array.from({ length: random(9) }, () => pick(['a', 'b', '1'])).join('');
    const where = `seed ${seed} /${source}/ on "${text}"`;
    const expected = new RegExp(source).exec(text);
    const actual = new LinearRegex(source).find(text);
    assert.deepEqual(actual?.groups, expected ? [...expected] : undefined, where);
    assert.equal(new LinearRegex(source).test(text), new RegExp(`^(?:${source})$`).test(text), where);
    assert.equal(
      new LinearRegex(source).replaceAll(text, '<$0>'),
      text.replace(new RegExp(source, 'g'), '<$&>'),
      where,
    );
  }
});
