/** Query builders and object mappers on npm's pg. Called as: script.ts DIR URL SCHEMA NAME, where DIR holds the packages. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [dir, url, schema, name] = process.argv.slice(2) as [string, string, string, string];
const load = createRequire(join(dir, 'package.json'));
const { Pool } = load('pg');

interface Tables {
  words: { id?: number; word: string; n: number; tags: string[]; doc: unknown };
}

async function checkDrizzle(): Promise<string> {
  const { drizzle } = load('drizzle-orm/node-postgres');
  const { bigint, integer, jsonb, pgEnum, pgSchema, serial, text } = load('drizzle-orm/pg-core');
  const { count, eq, relations, sql } = load('drizzle-orm');
  const own = pgSchema(schema);
  const words = own.table('words', {
    id: serial('id').primaryKey(),
    word: text('word').notNull().unique(),
    n: bigint('n', { mode: 'number' }),
    mood: pgEnum('mood', ['sad', 'ok'])('mood'),
    tags: text('tags').array(),
    doc: jsonb('doc'),
  });
  const notes = own.table('notes', {
    id: serial('id').primaryKey(),
    wordId: integer('word_id').references(() => words.id),
    text: text('text'),
  });
  const wordsRelations = relations(words, ({ many }: { many: (table: unknown) => unknown }) => ({
    notes: many(notes),
  }));
  const notesRelations = relations(notes, ({ one }: { one: (table: unknown, by: object) => unknown }) => ({
    word: one(words, { fields: [notes.wordId], references: [words.id] }),
  }));
  const pool = new Pool({ connectionString: url, max: 3, options: `-c search_path=${schema}` });
  const db = drizzle(pool, { schema: { words, notes, wordsRelations, notesRelations } });
  await db.execute(sql.raw(`CREATE TYPE mood AS ENUM ('sad', 'ok')`));
  await db.execute(
    sql.raw(
      'CREATE TABLE words (id serial PRIMARY KEY, word text NOT NULL UNIQUE, n bigint, mood mood, tags text[], doc jsonb)',
    ),
  );
  await db.execute(sql.raw('CREATE TABLE notes (id serial PRIMARY KEY, word_id int REFERENCES words, text text)'));
  const rows = Array.from({ length: 50 }, (_, n) => ({
    word: `w${n}`,
    n,
    mood: 'ok',
    tags: ['a', 'b'],
    doc: { k: n },
  }));
  const made = await db.insert(words).values(rows).returning({ id: words.id });
  await db.insert(notes).values([
    { wordId: made[0].id, text: 'first' },
    { wordId: made[0].id, text: 'second' },
  ]);
  const upserted = await db
    .insert(words)
    .values({ word: 'w7', n: 700 })
    .onConflictDoUpdate({ target: words.word, set: { n: 700 } })
    .returning();
  assert.deepEqual([upserted[0].n, upserted[0].tags, upserted[0].doc], [700, ['a', 'b'], { k: 7 }]);
  const first = await db.query.words.findFirst({ where: eq(words.word, 'w0'), with: { notes: true } });
  assert.deepEqual(
    first.notes.map((note: { text: string }) => note.text),
    ['first', 'second'],
  );
  const rolledBack = db.transaction(async (tx: typeof db) => {
    await tx.delete(notes);
    tx.rollback();
  });
  await assert.rejects(rolledBack, /[Rr]ollback/);
  const nested = await db.transaction(async (tx: typeof db) => {
    await tx.insert(notes).values({ text: 'kept' });
    await assert.rejects(
      tx.transaction(async (inner: typeof db) => {
        await inner.delete(notes);
        await inner.execute(sql`SELECT 1 / 0`);
      }),
    );
    return await tx.select({ n: count() }).from(notes);
  });
  assert.equal(nested[0].n, 3);
  const prepared = db
    .select()
    .from(words)
    .where(eq(words.n, sql.placeholder('n')))
    .prepare('by_n');
  for (const n of [1, 2, 3]) assert.equal((await prepared.execute({ n }))[0].word, `w${n}`);
  await pool.end();
  return 'relations, upsert, nested transactions, prepared statements';
}

async function checkKnex(): Promise<string> {
  const db = load('knex')({ client: 'pg', connection: url, searchPath: [schema], pool: { min: 0, max: 3 } });
  const migrationSource = {
    getMigrations: async () => ['1-words', '2-more'],
    getMigrationName: (each: string) => each,
    getMigration: async (each: string) => ({
      up: (own: typeof db) =>
        each === '1-words'
          ? own.schema.createTable('words', (table: typeof db) => {
              table.increments('id');
              table.text('word').notNullable().unique();
              table.bigInteger('n').index();
              table.specificType('tags', 'text[]');
              table.jsonb('doc');
              table.timestamps(true, true);
            })
          : own.schema.alterTable('words', (table: typeof db) => table.decimal('price', 10, 2)),
      down: async () => {},
    }),
  };
  const [, migrated] = await db.migrate.latest({ migrationSource, schemaName: schema });
  assert.deepEqual(migrated, ['1-words', '2-more']);
  assert.deepEqual((await db.migrate.latest({ migrationSource, schemaName: schema }))[1], []);
  await db.batchInsert(
    'words',
    Array.from({ length: 200 }, (_, n) => ({ word: `w${n}`, n, tags: ['a'], doc: { k: n } })),
    60,
  );
  await db('words').insert({ word: 'w3', n: 30 }).onConflict('word').merge(['n']);
  const info = await db('words').columnInfo();
  assert.deepEqual([info.price.type, info.word.nullable], ['numeric', false]);
  await assert.rejects(
    db.transaction(async (trx: typeof db) => {
      await trx('words').forUpdate().where({ word: 'w3' }).first();
      await trx('words').insert({ word: 'w4' });
    }),
    { code: '23505' },
  );
  let streamed = 0;
  for await (const row of db('words').select('n').orderBy('id').stream()) if (row.n !== null) streamed++;
  assert.equal(streamed, 200);
  await db.destroy();
  return 'migrations, batches, streams';
}

async function checkKysely(): Promise<string> {
  const { Kysely, PostgresDialect, sql } = load('kysely');
  const pool = new Pool({ connectionString: url, max: 3, options: `-c search_path=${schema}` });
  const db = new Kysely({ dialect: new PostgresDialect({ pool, cursor: load('pg-cursor') }) });
  await db.schema
    .createTable('words')
    .addColumn('id', 'serial', (column: typeof db) => column.primaryKey())
    .addColumn('word', 'text', (column: typeof db) => column.unique().notNull())
    .addColumn('n', 'bigint')
    .addColumn('doc', 'jsonb')
    .execute();
  const rows = Array.from({ length: 100 }, (_, n) => ({ word: `w${n}`, n, doc: JSON.stringify({ k: n }) }));
  await db
    .insertInto('words')
    .values(rows satisfies Partial<Tables['words']>[])
    .execute();
  const top = await db
    .with('even', (own: typeof db) => own.selectFrom('words').selectAll().where(sql`n % 2`, '=', 0))
    .selectFrom('even')
    .select(({ fn }: typeof db) => fn.countAll().as('count'))
    .executeTakeFirst();
  assert.equal(top.count, '50');
  let streamed = 0;
  for await (const _ of db.selectFrom('words').selectAll().stream(30)) streamed++;
  assert.equal(streamed, 100);
  const tables = await db.introspection.getTables();
  assert.ok(
    tables.some((table: { name: string; schema: string }) => table.schema === schema && table.name === 'words'),
  );
  await assert.rejects(
    db
      .transaction()
      .setIsolationLevel('serializable')
      .execute(async (trx: typeof db) => {
        await trx.deleteFrom('words').execute();
        throw new Error('taken back');
      }),
    /taken back/,
  );
  await db.destroy();
  return 'introspection, streams';
}

async function checkSequelize(): Promise<string> {
  const { DataTypes, Sequelize } = load('sequelize');
  const db = new Sequelize(url, { logging: false, schema, define: { schema } });
  const Word = db.define('word', {
    word: { type: DataTypes.STRING, unique: true, allowNull: false },
    n: DataTypes.BIGINT,
    mood: DataTypes.ENUM('sad', 'ok'),
    tags: DataTypes.ARRAY(DataTypes.TEXT),
    doc: DataTypes.JSONB,
  });
  const Note = db.define('note', { text: DataTypes.TEXT });
  Word.hasMany(Note);
  Note.belongsTo(Word);
  await db.sync();
  // What is there is compared with the models.
  await db.sync({ alter: true });
  const word = await Word.create({ word: 'w', n: 1, mood: 'ok', tags: ['a'], doc: { k: 1 } });
  await word.createNote({ text: 'first' });
  const [again, wasMade] = await Word.findOrCreate({ where: { word: 'w' } });
  assert.deepEqual([again.id, wasMade], [word.id, false]);
  const found = await Word.findOne({ where: { doc: { k: 1 } }, include: Note });
  assert.equal(found.notes[0].text, 'first');
  await assert.rejects(Word.create({ word: 'w' }), { name: 'SequelizeUniqueConstraintError' });
  await assert.rejects(
    db.transaction(async (transaction: unknown) => {
      await Note.destroy({ where: {}, transaction });
      throw new Error('taken back');
    }),
    /taken back/,
  );
  assert.equal(await Note.count(), 1);
  await db.close();
  return 'sync and alter, associations';
}

async function checkTypeorm(): Promise<string> {
  load('reflect-metadata');
  const { DataSource, EntitySchema } = load('typeorm');
  const Word = new EntitySchema({
    name: 'word',
    columns: {
      id: { type: 'int', primary: true, generated: true },
      key: { type: 'uuid', generated: 'uuid' },
      word: { type: 'text', unique: true },
      n: { type: 'bigint', nullable: true },
      mood: { type: 'enum', enum: ['sad', 'ok'], default: 'ok' },
      tags: { type: 'text', array: true, nullable: true },
      doc: { type: 'jsonb', nullable: true },
      made: { type: 'timestamptz', createDate: true },
    },
    relations: { notes: { type: 'one-to-many', target: 'note', inverseSide: 'word', cascade: true } },
  });
  const Note = new EntitySchema({
    name: 'note',
    columns: { id: { type: 'int', primary: true, generated: true }, text: { type: 'text' } },
    relations: { word: { type: 'many-to-one', target: 'word', inverseSide: 'notes', onDelete: 'CASCADE' } },
  });
  const source = new DataSource({ type: 'postgres', url, schema, entities: [Word, Note], synchronize: true });
  await source.initialize();
  const words = source.getRepository('word');
  await words.save({ word: 'w', n: '9007199254740993', tags: ['a'], doc: { k: 1 }, notes: [{ text: 'first' }] });
  const [found] = await words.find({ relations: { notes: true } });
  assert.deepEqual([found.n, found.mood, found.tags, found.notes[0].text], ['9007199254740993', 'ok', ['a'], 'first']);
  assert.match(found.key, /^[0-9a-f-]{36}$/);
  await words.upsert({ word: 'w', n: '2' }, ['word']);
  assert.equal((await words.findOneBy({ word: 'w' })).n, '2');
  await assert.rejects(
    source.transaction('SERIALIZABLE', async (own: typeof source) => {
      await own.delete('word', { word: 'w' });
      throw new Error('taken back');
    }),
    /taken back/,
  );
  assert.equal(await words.count(), 1);
  // Nothing differs from the entities: the catalogs were read as they are.
  assert.deepEqual(
    (await source.driver.createSchemaBuilder().log()).upQueries.map(({ query }: { query: string }) => query),
    [],
  );
  await source.destroy();
  return 'synchronize, relations, upsert';
}

const checks: Record<string, () => Promise<string>> = {
  drizzle: checkDrizzle,
  knex: checkKnex,
  kysely: checkKysely,
  sequelize: checkSequelize,
  typeorm: checkTypeorm,
};
const admin = new Pool({ connectionString: url, max: 1 });
await admin.query(`CREATE SCHEMA ${schema}`);
console.log(`# ${await checks[name]!()}`);
await admin.query(`DROP SCHEMA ${schema} CASCADE`);
await admin.end();
