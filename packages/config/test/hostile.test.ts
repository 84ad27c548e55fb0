import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ConfigError, startConfig } from '../index.ts';
import { parse } from '../src/resolve/parsed-files.ts';
import { resolvePlaceholders } from '../src/resolve/placeholders.ts';
import { randomRepository, seededRandom } from './support/random-repository.ts';

const root = mkdtempSync(join(tmpdir(), 'headwater-config-hostile-'));
const closers: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of closers) await close();
  rmSync(root, { recursive: true, force: true });
});

test('files that unfold without end are refused, and others are served on', async () => {
  const laughs = Array.from({ length: 12 }, (_, i) =>
    i === 0
      ? 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]'
      : `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
  ).join('\n');
  const files: Record<string, string> = {
    'laughs.yml': laughs,
    'cycle.yml': 'a: &a\n  b: *a\n',
    'merge.yml': 'a: &a\n  <<: *a\n',
    'deep.yml': `a: ${'['.repeat(5_000)}${']'.repeat(5_000)}`,
    'huge.yml': `a: ${'x'.repeat(5 * 1024 * 1024)}`,
    'tag.yml': 'a: !!javax.script.ScriptEngineManager [1]\n',
    'twice.yml': 'a: 1\na: 2\n',
    'escape.properties': 'a=\\u00zz\n',
    'doubling.yml': Array.from({ length: 40 }, (_, i) => `k${i}: "\${k${i + 1}}\${k${i + 1}}"`).join('\n'),
    'good.yml': 'a: 1\n',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
  const server = await startConfig({ repo: root, port: 0 });
  closers.push(() => server.close());
  for (const name of ['laughs', 'cycle', 'merge', 'deep', 'huge', 'tag', 'twice', 'escape']) {
    const answer = await fetch(`${server.url}/${name}/default`);
    assert.equal(answer.status, 500, name);
    assert.match(((await answer.json()) as { code: string }).code, /^HW_CONFIG_(?:SYNTAX|TOO_LARGE)$/, name);
  }
  assert.equal((await fetch(`${server.url}/doubling/default`)).status, 200);
  for (const format of ['properties', 'yml', 'json']) {
    assert.equal((await fetch(`${server.url}/doubling-default.${format}`)).status, 400, format);
  }
  assert.equal((await fetch(`${server.url}/good/default`)).status, 200);
});

test('parsers give properties or say what is wrong, whatever they are given', () => {
  const seed = Number(process.env['HEADWATER_TEST_SEED'] ?? Math.floor(Math.random() * 1e9));
  const random = seededRandom(seed);
  try {
    for (let round = 0; round < 150; round++) {
      for (const [path, text] of randomRepository(random)) {
        if (path.endsWith('.txt')) continue;
        const bytes = Buffer.from(text);
        for (let i = 0; i < 3; i++) {
          const at = Math.floor(random() * bytes.length);
          if (random() < 0.5) bytes[at] = Math.floor(random() * 256);
          else bytes.copyWithin(at, Math.floor(random() * bytes.length));
        }
        try {
          for (const document of parse(path, bytes)) {
            for (const { line, column } of document.values()) assert.ok(line >= 1 && column >= 0);
          }
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error;
          assert.ok(error.message.startsWith(path));
        }
      }
      const noise = Array.from({ length: 30 }, () => '${}:\\ab'[Math.floor(random() * 7)]).join('');
      try {
        resolvePlaceholders(noise, (key) => (key.length < 3 ? `<${key}>\${a}` : undefined));
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
      }
    }
  } catch (error) {
    throw new Error(`HEADWATER_TEST_SEED=${seed}`, { cause: error });
  }
});
