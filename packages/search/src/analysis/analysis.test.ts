/** Tokens as the imitated system gives them: recorded from it, for texts made up here. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { AnalysisRegistry } from './analysis-registry.ts';
import { porterStem } from './porter-stemmer.ts';

type Token = [term: string, start: number, end: number, type: string, position: number];

const read = (name: string): unknown =>
  JSON.parse(readFileSync(`${import.meta.dirname}/../../test/goldens/${name}.json`, 'utf8')) as unknown;
const registry = new AnalysisRegistry();

function tokensOf(analyzer: string, text: string): Token[] {
  const found = registry.analyzer(analyzer).analyze(text);
  return Array.from({ length: found.count }, (_, i) => [
    found.terms[i]!,
    found.starts[i]!,
    found.ends[i]!,
    found.types[i]!,
    found.positions[i]!,
  ]);
}

test('the standard tokenizer breaks words where the imitated one does', () => {
  for (const { text, tokens } of read('standard-tokens') as { text: string; tokens: Token[] }[]) {
    assert.deepEqual(tokensOf('standard', text), tokens, text);
  }
});

test('the analyzers that come with the store', () => {
  const text =
    "The foxes weren't jumping over Lazy-dogs' houses; running flies happily relational organizations' generalizations university skies dying";
  for (const [analyzer, tokens] of Object.entries(read('analyzers') as Record<string, Token[]>)) {
    assert.deepEqual(tokensOf(analyzer, text), tokens, analyzer);
  }
});

test("Porter's stems", () => {
  for (const [word, stem] of read('porter') as [string, string][]) assert.equal(porterStem(word), stem, word);
});

test('a token longer than 255 characters is cut into several', () => {
  const lengths = tokensOf('standard', 'x'.repeat(600)).map(([term]) => term.length);
  assert.deepEqual(lengths, [255, 255, 90]);
});

test('a custom analyzer is put together from settings', () => {
  const custom = new AnalysisRegistry({
    analyzer: { mine: { type: 'custom', tokenizer: 'whitespace', filter: ['lowercase', 'mine_stop'] } },
    filter: { mine_stop: { type: 'stop', stopwords: ['b'] } },
  });
  const found = custom.analyzer('mine').analyze('A B c-D');
  assert.deepEqual([...found.terms].slice(0, found.count), ['a', 'c-d']);
  assert.deepEqual([...found.positions].slice(0, found.count), [0, 2]);
});

test('what an analyzer names has to exist', () => {
  assert.throws(() => new AnalysisRegistry({ analyzer: { a: { type: 'custom', tokenizer: 'nope' } } }), /\[nope\]/);
  assert.throws(
    () => new AnalysisRegistry({ analyzer: { a: { type: 'custom', tokenizer: 'standard', filter: ['constructor'] } } }),
    /\[constructor\]/,
  );
});
