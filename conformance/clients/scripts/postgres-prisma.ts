/**
 * Prisma's client, made from a schema, on its adapter for npm's pg. Called as: script.ts DIR URL SCHEMA, where DIR holds the packages. Tables are
 * made by hand as `prisma migrate` would: its schema engine is a program that is fetched from the web.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const [dir, url, schema] = process.argv.slice(2) as [string, string, string];
const load = createRequire(join(dir, 'package.json'));

const model = `
generator client {
  provider            = "prisma-client"
  output              = "./generated"
  moduleFormat        = "esm"
  importFileExtension = "ts"
}
datasource db {
  provider = "postgresql"
}
enum Mood {
  sad
  ok
}
model Word {
  id    Int      @id @default(autoincrement())
  word  String   @unique
  n     BigInt
  mood  Mood?
  tags  String[]
  doc   Json?
  price Decimal? @db.Decimal(30, 4)
  at    DateTime @default(now()) @db.Timestamptz(3)
  raw   Bytes?
  notes Note[]
}
model Note {
  id     String @id @default(dbgenerated("gen_random_uuid()")) @db.Uuid
  text   String
  word   Word   @relation(fields: [wordId], references: [id], onDelete: Cascade)
  wordId Int
}
`;
const tables = `
CREATE TYPE "Mood" AS ENUM ('sad', 'ok');
CREATE TABLE "Word" (
  "id" serial PRIMARY KEY, "word" text NOT NULL, "n" bigint NOT NULL, "mood" "Mood", "tags" text[], "doc" jsonb, "price" decimal(30, 4),
  "at" timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, "raw" bytea);
CREATE TABLE "Note" (
  "id" uuid PRIMARY KEY DEFAULT gen_random_uuid(), "text" text NOT NULL,
  "wordId" integer NOT NULL REFERENCES "Word" ("id") ON DELETE CASCADE ON UPDATE CASCADE);
CREATE UNIQUE INDEX "Word_word_key" ON "Word" ("word");
`;

/** The client of the schema, as TypeScript. */
async function generated(): Promise<{ path: string; folder: string }> {
  const folder = mkdtempSync(join(dir, 'prisma-'));
  writeFileSync(join(folder, 'schema.prisma'), model);
  writeFileSync(join(folder, 'prisma.config.ts'), `export default { schema: 'schema.prisma' };\n`);
  // It wants its schema engine to be there, and does not run it for this.
  const env = { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' };
  const args = [join(dir, 'node_modules/prisma/build/index.js'), 'generate'];
  await promisify(execFile)(process.execPath, args, { cwd: folder, env });
  return { path: join(folder, 'generated/client.ts'), folder };
}

const { Pool } = load('pg');
const admin = new Pool({ connectionString: url, max: 1 });
await admin.query(`CREATE SCHEMA ${schema}; SET search_path TO ${schema}; ${tables}`);
const { folder, path } = await generated();
try {
  const { Prisma, PrismaClient } = await import(pathToFileURL(path).href);
  const { PrismaPg } = load('@prisma/adapter-pg');
  const adapter = new PrismaPg({ connectionString: url, max: 3 }, { schema });
  const db = new PrismaClient({ adapter });

  const made = await db.word.create({
    data: {
      word: 'w0',
      n: 9007199254740993n,
      mood: 'ok',
      tags: ['a', 'b'],
      doc: { k: [1, null] },
      price: '12345678901234567890.1234',
      at: new Date('2026-01-02T03:04:05.678Z'),
      raw: Uint8Array.of(0, 255),
      notes: { create: [{ text: 'first' }, { text: 'second' }] },
    },
    include: { notes: { orderBy: { text: 'asc' } } },
  });
  assert.deepEqual([made.n, made.mood, made.tags, made.doc], [9007199254740993n, 'ok', ['a', 'b'], { k: [1, null] }]);
  assert.deepEqual(
    [made.price.toFixed(), made.at.toISOString(), [...made.raw]],
    ['12345678901234567890.1234', '2026-01-02T03:04:05.678Z', [0, 255]],
  );
  assert.deepEqual(
    made.notes.map(({ text }: { text: string }) => text),
    ['first', 'second'],
  );
  assert.match(made.notes[0].id, /^[0-9a-f-]{36}$/);

  const many = Array.from({ length: 500 }, (_, n) => ({
    word: `w${n}`,
    n: BigInt(n),
    tags: n % 2 === 0 ? ['even'] : [],
  }));
  assert.equal((await db.word.createMany({ data: many, skipDuplicates: true })).count, 499);
  const upserted = await db.word.upsert({
    where: { word: 'w7' },
    create: { word: 'w7', n: 0n },
    update: { n: { increment: 700n } },
  });
  assert.equal(upserted.n, 707n);
  const page = await db.word.findMany({
    where: {
      OR: [{ tags: { has: 'even' } }, { notes: { some: { text: { startsWith: 'FIR', mode: 'insensitive' } } } }],
    },
    orderBy: { id: 'asc' },
    cursor: { word: 'w2' },
    skip: 1,
    take: 2,
    select: { word: true, _count: { select: { notes: true } } },
  });
  assert.deepEqual(page, [
    { word: 'w4', _count: { notes: 0 } },
    { word: 'w6', _count: { notes: 0 } },
  ]);
  assert.equal(await db.word.count({ where: { doc: { path: ['k', '0'], equals: 1 } } }), 1);
  const groups = await db.word.groupBy({ by: ['mood'], _count: true, _max: { n: true }, orderBy: { mood: 'asc' } });
  assert.deepEqual(
    groups.map(({ _count, mood }: { _count: number; mood: string | null }) => [mood, _count]),
    [
      ['ok', 1],
      [null, 499],
    ],
  );

  await assert.rejects(db.word.create({ data: { word: 'w7', n: 1n } }), { code: 'P2002' });
  await assert.rejects(db.note.create({ data: { text: 'of nobody', wordId: 1_000_000 } }), { code: 'P2003' });
  await assert.rejects(db.word.update({ where: { word: 'nothing' }, data: { n: 1n } }), { code: 'P2025' });
  await assert.rejects(
    db.$transaction(
      async (tx: typeof db) => {
        await tx.word.deleteMany();
        assert.equal(await tx.note.count(), 0);
        throw new Error('taken back');
      },
      { isolationLevel: Prisma.TransactionIsolationLevel.Serializable },
    ),
    /taken back/,
  );
  const [words, notes] = await db.$transaction([db.word.count(), db.note.count()]);
  assert.deepEqual([words, notes], [500, 2]);
  const place = Prisma.raw(`"${schema}"."Word"`);
  const rows = await db.$queryRaw`SELECT word, n FROM ${place} WHERE n > ${900_000n} AND word = ANY(${['w0', 'w7']})`;
  assert.deepEqual(rows, [{ word: 'w0', n: 9007199254740993n }]);
  // As many at once as wish: they take turns.
  const sums = await Promise.all(Array.from({ length: 20 }, () => db.word.aggregate({ _sum: { id: true } })));
  assert.equal(new Set(sums.map(({ _sum }) => _sum.id)).size, 1);
  await db.$disconnect();
  console.log('# relations, upserts, JSON, groups, errors by code, transactions, raw queries');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
await admin.query(`DROP SCHEMA ${schema} CASCADE`);
await admin.end();
