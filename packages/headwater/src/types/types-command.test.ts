import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { typesCommand } from './types-command.ts';
import { firstLine } from './types-text.ts';

const root = resolve(import.meta.dirname, '../../../..');

interface Kept {
  id: number;
  schemaType?: string;
  schema: string;
  references?: { name: string; subject: string; version: number }[];
}

/** The five calls that the command makes, as any Confluent-compatible registry answers them. */
class RegistryOfTest {
  readonly subjects = new Map<string, Kept[]>();
  authorization: string | undefined;
  server: Server | undefined;
  port = 0;
  requests = 0;
  #nextId = 1;

  add(subject: string, schema: unknown, more: Partial<Kept> = {}): void {
    const text = typeof schema === 'string' ? schema : JSON.stringify(schema);
    const kept = this.subjects.get(subject) ?? [];
    this.subjects.set(subject, [...kept, { id: this.#nextId++, schema: text, ...more }]);
  }

  async open(): Promise<void> {
    this.server = createServer((request, response) => {
      this.requests += 1;
      this.authorization = request.headers.authorization;
      const answer = this.#answer(new URL(request.url!, 'http://x').pathname);
      response.statusCode = answer === undefined ? 404 : 200;
      response.end(JSON.stringify(answer ?? { error_code: 40401, message: 'not found' }));
    });
    await new Promise<void>((done) => this.server!.listen(this.port, '127.0.0.1', done));
    this.port = (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((done) => this.server?.close(done));
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  #answer(path: string): unknown {
    if (path === '/subjects') return [...this.subjects.keys()];
    const [, , subject, , version] = path.split('/').map(decodeURIComponent);
    const kept = this.subjects.get(subject!);
    if (kept === undefined) return undefined;
    if (version === undefined) return kept.map((_, index) => index + 1);
    const number = version === 'latest' ? kept.length : Number(version);
    return kept[number - 1] && { subject, version: number, ...kept[number - 1] };
  }
}

const registry = new RegistryOfTest();
const folder = mkdtempSync(join(tmpdir(), 'types-test-'));
const said: string[] = [];
const stop = new AbortController();

before(async () => {
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  await registry.open();
});
after(async () => {
  stop.abort();
  await registry.close();
  rmSync(folder, { recursive: true, force: true });
});

const run = (args: readonly string[], signal = new AbortController().signal) => {
  said.length = 0;
  return typesCommand(['--registry', registry.url, ...args], {
    env: {},
    cwd: folder,
    say: (line) => said.push(line),
    signal,
    everyMs: 5,
  });
};
const written = (): string => readFileSync(join(folder, 'headwater-types.ts'), 'utf8');

async function said1(pattern: RegExp): Promise<string> {
  for (;;) {
    const line = said.find((each) => pattern.test(each));
    if (line !== undefined) return line;
    await new Promise((next) => setTimeout(next, 2));
  }
}

const record = (name: string, fields: unknown[]) => ({ type: 'record', name, fields });

test('subjects become types, versions and topics, the same each time', async () => {
  registry.add('orders-key', '"string"');
  registry.add('orders-value', record('Order', [{ name: 'total', type: 'long', doc: 'In cents.' }]));
  registry.add(
    'orders-value',
    record('Order', [
      { name: 'total', type: 'long', doc: 'In cents.' },
      { name: 'note', type: ['null', 'string'], default: null },
    ]),
  );
  registry.add('com.acme.Address', record('Address', [{ name: 'city', type: 'string' }]));
  registry.add('parcels-value', record('Parcel', [{ name: 'to', type: 'Address' }]), {
    references: [{ name: 'Address', subject: 'com.acme.Address', version: 1 }],
  });
  assert.equal(await run([]), 0);
  assert.deepEqual(said, ['headwater-types.ts written (4 subjects)']);
  assert.equal(await run([]), 0);
  assert.deepEqual(said, ['headwater-types.ts is up to date (4 subjects)']);
  const text = written();
  assert.ok(text.startsWith(firstLine));
  assert.match(
    text,
    /\/\*\* Subject `orders-value`, version 2, Avro\. \*\/\nexport type OrdersValue = OrdersValueV2\.Order;/,
  );
  assert.match(
    text,
    /namespace OrdersValueV1 \{\n {2}export interface Order \{\n {4}\/\*\* In cents\. \*\/\n {4}total: bigint;/,
  );
  assert.match(text, /orders: \{ key: OrdersKey; value: OrdersValue \};/);
  assert.match(
    text,
    /parcels: \{ key: string \| Uint8Array \| null; value: ParcelsValue; readKey: Uint8Array \| null \};/,
  );
  assert.match(text, /references: \[\n {8}\{ name: 'Address', subject: 'com\.acme\.Address', version: 1, schema: '/);
});

test('the compiler takes what was written, and refuses what does not fit', async () => {
  const program = (
    lines: string,
  ): string => `import type { OrdersValue, OrdersValueV1, Topics } from './headwater-types.ts';
import { topics } from './headwater-types.ts';
${lines}
export const all: [Topics, typeof topics] = [{} as Topics, topics];
`;
  writeFileSync(
    join(folder, 'right.ts'),
    program(`export const now: OrdersValue = { total: 5n, note: null };
export const then: OrdersValueV1.Order = { total: 5n };`),
  );
  writeFileSync(
    join(folder, 'wrong.ts'),
    program(`export const now: OrdersValue = { total: 5, note: null };
export const then: OrdersValueV1.Order = { total: 5n, note: null };`),
  );
  const tsc = join(root, 'node_modules/.bin/tsc');
  const flags = [
    '--noEmit',
    '--ignoreConfig',
    '--strict',
    '--module',
    'nodenext',
    '--target',
    'es2024',
    '--lib',
    'es2024,esnext.disposable,esnext.collection,esnext.iterator',
    '--types',
    'node',
    '--skipLibCheck',
    '--allowImportingTsExtensions',
    '--erasableSyntaxOnly',
    '--verbatimModuleSyntax',
    '--isolatedModules',
  ];
  const compile = (file: string) =>
    promisify(execFile)(process.execPath, [tsc, ...flags, join(folder, file)]).then(
      () => '',
      (error: { stdout: string }) => error.stdout,
    );
  assert.equal(await compile('right.ts'), '');
  const complaints = (await compile('wrong.ts')).split('\n').filter((line) => line.includes('error'));
  assert.equal(complaints.length, 2, complaints.join('\n'));
  assert.match(complaints[0]!, /Type 'number' is not assignable to type 'bigint'/);
  assert.match(complaints[1]!, /'note' does not exist in type 'Order'/);
});

test('Node runs what was written as it is', async () => {
  const { topics } = (await import(join(folder, 'headwater-types.ts'))) as {
    topics: Record<string, { value: { schema: string } }>;
  };
  assert.deepEqual(Object.keys(topics), ['orders', 'parcels']);
  assert.match(topics['orders']!.value.schema, /"note"/);
});

test('a check says what is old, and writes nothing', async () => {
  assert.equal(await run(['--check']), 0);
  const before = written();
  registry.add('orders-key', '"long"');
  assert.equal(await run(['--check']), 1);
  assert.match(said[0]!, /is old: run headwater types\n@@\n/);
  assert.match(said[0]!, /\n- export type OrdersKey = string;\n(\+ .*\n)?\+ export type OrdersKey = bigint;\n/);
  assert.ok(!said[0]!.includes('Parcel'), 'what did not change is left out');
  assert.equal(written(), before);
});

test('only the subjects that were asked for; none of them is a mistake', async () => {
  assert.equal(await run(['--subjects', 'parcels-*,nobody']), 0);
  assert.deepEqual(
    [...written().matchAll(/Subject `([^`]+)`/g)].map((match) => match[1]),
    ['parcels-value'],
  );
  await assert.rejects(run(['--subjects', 'nobody*']), /no subject of .* fits nobody\*/);
});

test('a schema that has no types is unknown, and said', async () => {
  registry.add('odd-value', 'neither this', { schemaType: 'AVRO' });
  assert.equal(await run(['--subjects', 'odd-value']), 0);
  assert.match(written(), /export type OddValue = unknown;/);
  assert.match(said[0]!, /^no types for odd-value version 1: /);
  registry.subjects.delete('odd-value');
});

test('JSON values are read as the version has them that wrote them', async () => {
  registry.add('notes-value', { type: 'object', properties: { a: { type: 'string' } } }, { schemaType: 'JSON' });
  registry.add('notes-value', { type: 'object', properties: { a: { type: 'number' } } }, { schemaType: 'JSON' });
  assert.equal(await run(['--subjects', 'notes-value']), 0);
  if (said.length === 1) assert.match(written(), /readValue: NotesValueV2\.\w+ \| NotesValueV1\.\w+/);
  registry.subjects.delete('notes-value');
});

test("another's file is not written over; a login goes along", async () => {
  writeFileSync(join(folder, 'mine.ts'), 'export const mine = 1;\n');
  await assert.rejects(run(['--out', 'mine.ts']), /not written by headwater types/);
  await run(['--registry', registry.url.replace('//', '//me:p%40ss@')]);
  assert.equal(registry.authorization, `Basic ${Buffer.from('me:p@ss').toString('base64')}`);
});

test('a registry that is away is told with what to do', async () => {
  await assert.rejects(run(['--registry', 'http://127.0.0.1:9']), /does not answer .*--registry URL names another/);
  await assert.rejects(run(['--registry', 'nonsense']), /takes an address/);
});

test('a watch writes on change only, tells it in a line, and outlives a restart of the registry', async () => {
  const done = run(['--watch'], stop.signal);
  await said1(/watching http/);
  said.length = 0;
  registry.add(
    'orders-value',
    record('Order', [
      { name: 'total', type: 'long' },
      { name: 'extra', type: 'int', default: 0 },
    ]),
  );
  assert.equal(await said1(/written/), 'headwater-types.ts written: orders-value v3 (was v2)');
  await registry.close();
  await said1(/does not answer .*tries again/);
  registry.add('new-value', '"int"');
  await registry.open();
  await said1(/answers again/);
  assert.equal(await said1(/new-value/), 'headwater-types.ts written: new-value new');
  registry.subjects.delete('new-value');
  await said1(/new-value gone/);
  const { requests } = registry;
  while (registry.requests < requests + 30) await new Promise((next) => setTimeout(next, 2));
  assert.equal(said.filter((line) => line.includes('written')).length, 3, 'nothing changed, nothing is written');
  stop.abort();
  assert.equal(await done, 0);
});
