/** psql: what \d and its relatives ask of the catalogs, COPY by \copy, and what a dump holds. Called as: script.ts URL SCHEMA SCENARIO */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

const [url, schema] = process.argv.slice(2) as [string, string];

function psql(input: string): string {
  const { status, stderr, stdout } = spawnSync('psql', [url, '-X', '-q', '-v', 'ON_ERROR_STOP=1'], {
    input,
    encoding: 'utf8',
    env: { ...process.env, PGOPTIONS: `-c search_path=${schema}` },
  });
  assert.equal(status, 0, `${input.slice(0, 200)}\n${stderr}`);
  return stdout;
}

psql(`CREATE SCHEMA ${schema};
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN positive AS int CHECK (value > 0);
CREATE TABLE customers (id serial PRIMARY KEY, name text NOT NULL, m mood, made timestamptz DEFAULT now());
CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int REFERENCES customers ON DELETE CASCADE,
  total numeric(10,2) CHECK (total > 0), tags text[], doc jsonb, n positive);
CREATE INDEX orders_doc ON orders USING gin (doc);
CREATE VIEW large AS SELECT * FROM orders WHERE total > 10;
CREATE MATERIALIZED VIEW kept AS SELECT count(*) FROM orders;
CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS 'SELECT n * 2';
CREATE TABLE days (d date, v int) PARTITION BY RANGE (d);
CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
COMMENT ON TABLE orders IS 'what was bought';`);

// Left out, for a psql older than the server fails with them on any PostgreSQL 18: \l, \dO.
const looks =
  '\\d;\\dt+;\\di;\\dv;\\dm;\\ds;\\df;\\df+ twice;\\dT+;\\dD;\\dn+;\\du;\\dp;\\db;\\dx;\\dy;\\dd;\\do;\\dC;\\dc;\\dF;\\dFd;\\dP+;\\ddp;\\drds;\\dRp;\\dX;\\dA;\\dL;\\des;\\sf twice;\\sv large;\\conninfo;\\encoding;\\d pg_class';
for (const look of looks.split(';')) psql(`${look}\n`);
const orders = psql('\\d+ orders\n');
for (const part of [
  'numeric(10,2)',
  'generated always as identity',
  'ON DELETE CASCADE',
  'USING gin|gin (doc)',
  'orders_total_check',
])
  assert.ok(
    part.split('|').some((each) => orders.includes(each)),
    `${part} in\n${orders}`,
  );
assert.match(psql('\\d days\n'), /Partition key: RANGE \(d\)[\s\S]*Number of partitions: 1/);

// As pg_dump writes and pg_restore reads: settings, COPY from the script itself, sequences, constraints afterwards.
psql(`SET statement_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET row_security = off;
CREATE TABLE ${schema}.dumped (id integer NOT NULL, word text);
CREATE SEQUENCE ${schema}.dumped_id_seq AS integer START WITH 1;
ALTER SEQUENCE ${schema}.dumped_id_seq OWNED BY ${schema}.dumped.id;
ALTER TABLE ONLY ${schema}.dumped ALTER COLUMN id SET DEFAULT nextval('${schema}.dumped_id_seq'::regclass);
COPY ${schema}.dumped (id, word) FROM stdin;
${Array.from({ length: 2_000 }, (_, n) => `${n}\tword \\\\ ${n}`).join('\n')}
\\.
SELECT pg_catalog.setval('${schema}.dumped_id_seq', 2000, true);
ALTER TABLE ONLY ${schema}.dumped ADD CONSTRAINT dumped_pkey PRIMARY KEY (id);`);
// As pg_dump reads it.
const dumped = psql(`BEGIN;
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;
LOCK TABLE ${schema}.dumped IN ACCESS SHARE MODE;
COPY ${schema}.dumped (id, word) TO stdout;
COMMIT;`);
assert.equal(dumped.trimEnd().split('\n').length, 2_000);
psql(`\\set ON_ERROR_ROLLBACK on\nDROP SCHEMA ${schema} CASCADE;`);
console.log('# 34 looks at the catalogs, a dump in and out');
