import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

/** Programs that are compiled, never run: what is right compiles, what is wrong does not, with an error on its line. */
const root = resolve(import.meta.dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'service-compiler-'));

before(() => {
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
});
after(() => rmSync(folder, { recursive: true, force: true }));

const head = `import { connectTopics, type TopicDefinitions } from '@headwater/service';

interface Order { total: bigint; note: null | string }
interface Topics {
  orders: { key: string; value: Order };
  logs: { key: string | Uint8Array | null; value: string | Uint8Array | null; readKey: Uint8Array | null; readValue: Uint8Array };
}
declare const topics: TopicDefinitions<Topics>;
const { topic } = connectTopics(topics, { kafkaUrl: '', registryUrl: '' });
`;

/** The compiler's errors, by the line of the program (the first is 1). */
async function errorsOf(program: string): Promise<string[]> {
  writeFileSync(join(folder, 'program.ts'), `${head}${program}\nexport {};\n`);
  const tsc = join(root, 'node_modules/.bin/tsc');
  const flags =
    '--noEmit --ignoreConfig --strict --module nodenext --target es2024 --lib es2024,esnext.disposable,esnext.collection,esnext.iterator --types node --skipLibCheck';
  const more = '--allowImportingTsExtensions --erasableSyntaxOnly --verbatimModuleSyntax --isolatedModules';
  const args = [tsc, ...flags.split(' '), ...more.split(' '), 'program.ts'];
  const output = await promisify(execFile)(process.execPath, args, { cwd: folder }).then(
    () => '',
    (error: { stdout: string }) => error.stdout,
  );
  const headLines = head.split('\n').length - 1;
  // A line that is indented goes on with what the one before says.
  return output
    .trimEnd()
    .replaceAll(/\n\s+/g, ' ')
    .split('\n')
    .filter((line) => line.includes('error TS'))
    .map((line) =>
      line.replace(/^program\.ts\((\d+),\d+\)/, (_, number: string) => `line ${Number(number) - headLines}`),
    );
}

test('right programs compile', async () => {
  const errors = await errorsOf(`
await topic('orders').produce({ key: 'o-1', value: { total: 1n, note: null } });
await topic('orders').produceBatch([{ key: 'o-1', value: { total: 1n, note: 'x' }, headers: { a: 'b' } }]);
await topic('orders').tombstone('o-1');
await topic('logs').produce({ value: 'a line' });
for await (const { key, value } of topic('orders').consume({ group: 'billing' })) {
  const length: number = key.length;
  const total: bigint = value.total;
  console.log(length, total);
}
for await (const { records } of topic('orders').consume({ group: 'billing', tombstones: true }).batches()) {
  for (const { value } of records) console.log(value?.total ?? 0n);
}
for await (const { value } of topic('logs').consume({})) console.log(value.byteLength);
`);
  assert.deepEqual(errors, []);
});

test('wrong programs do not, and the error says what is wrong', async () => {
  const wrong: [string, RegExp][] = [
    [`topic('order');`, /"order"' is not assignable to parameter of type '"(orders|logs)" \| "(orders|logs)"/],
    [
      `await topic('orders').produce({ key: 'k', value: { total: 1, note: null } });`,
      /'number' is not assignable to type 'bigint'/,
    ],
    [`await topic('orders').produce({ key: 'k', value: { total: 1n } });`, /'note' is missing/],
    [
      `await topic('orders').produce({ key: 'k', value: { total: 1n, note: null, more: 1 } });`,
      /'more' does not exist/,
    ],
    [
      `await topic('orders').produce({ key: 7, value: { total: 1n, note: null } });`,
      /'number' is not assignable to type 'string'/,
    ],
    [`await topic('orders').produce({ value: { total: 1n, note: null } });`, /'key' is missing/],
    [`await topic('orders').produce({ key: 'k', value: null });`, /'null' is not assignable to type 'Order'/],
    [`await topic('orders').tombstone(7);`, /'number' is not assignable to parameter of type 'string'/],
    [`for await (const { value } of topic('orders').consume({})) value.note.length;`, /possibly 'null'/],
    [`for await (const { value } of topic('orders').consume({})) value.price;`, /'price' does not exist/],
    [
      `for await (const { value } of topic('orders').consume({ tombstones: true })) value.total;`,
      /'value' is possibly 'null'/,
    ],
    [`for await (const { value } of topic('logs').consume({})) value.total;`, /'total' does not exist/],
    [`topic('orders').consume({ groupId: 'x' });`, /'groupId' does not exist/],
  ];
  const errors = await errorsOf(wrong.map(([line]) => line).join('\n'));
  assert.deepEqual(
    errors.map((error) => Number(/^line (\d+)/.exec(error)?.[1])),
    wrong.map((_, index) => index + 1),
    errors.join('\n'),
  );
  for (const [index, [, message]] of wrong.entries()) assert.match(errors[index]!, message);
});
