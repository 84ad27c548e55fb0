import { deepEqual, equal, match } from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { SqlUnderTest } from '../testing/sql-under-test.ts';

let sql: SqlUnderTest;

before(async () => {
  sql = await SqlUnderTest.start();
  await sql.run(`
    CREATE STREAM sales (shop STRING KEY, item STRING, price INT, tags ARRAY<STRING>) WITH (kafka_topic='sales', value_format='JSON', partitions=3);
    CREATE TABLE shop_list (id STRING PRIMARY KEY, city STRING, rank INT) WITH (kafka_topic='shops', value_format='JSON', partitions=2);
    CREATE TABLE city_list (name STRING PRIMARY KEY, people BIGINT) WITH (kafka_topic='cities', value_format='JSON', partitions=1);
    CREATE TABLE totals AS SELECT shop, SUM(price) AS total, COUNT(*) AS n, COLLECT_LIST(item) AS items FROM sales GROUP BY shop;
    CREATE TABLE per_second AS SELECT shop, COUNT(*) AS n FROM sales WINDOW TUMBLING (SIZE 1 SECONDS) GROUP BY shop;
    CREATE TABLE shops AS SELECT * FROM shop_list;
    CREATE TABLE cities AS SELECT * FROM city_list;`);
  await sql.run(`
    INSERT INTO sales (rowtime, shop, item, price, tags) VALUES (1000, 'a', 'tea', 3, ARRAY['hot', 'green']);
    INSERT INTO sales (rowtime, shop, item, price, tags) VALUES (1500, 'b', 'ink', 7, ARRAY['red']);
    INSERT INTO sales (rowtime, shop, item, price) VALUES (2000, 'c', 'tea', 4);
    INSERT INTO sales (rowtime, shop, item, price, tags) VALUES (2500, 'a', 'cup', 9, ARRAY['red', 'hot']);
    INSERT INTO sales (rowtime, shop, item) VALUES (9000, 'a', 'tea');
    INSERT INTO shop_list VALUES ('a', 'oslo', 1);
    INSERT INTO shop_list VALUES ('b', 'bergen', 2);
    INSERT INTO shop_list (id, rank) VALUES ('d', 2);
    INSERT INTO city_list VALUES ('oslo', 700000);
    INSERT INTO city_list VALUES ('bergen', 290000);
    INSERT INTO city_list VALUES ('hamar', 32000);`);
  await sql.rowsWhen('SELECT * FROM totals;', 3, (rows) => rows.some(([shop, , n]) => shop === 'a' && n === 3));
  await sql.rowsWhen('SELECT * FROM shops;', 3);
  await sql.rowsWhen('SELECT * FROM cities;', 3);
  await sql.rowsWhen('SELECT * FROM per_second;', 5);
});

after(async () => {
  await sql?.close();
});

test('ORDER BY columns that are selected, and such that are not, with LIMIT', async () => {
  deepEqual(await sql.rows('SELECT shop, total FROM totals ORDER BY total DESC;'), [
    ['a', 12],
    ['b', 7],
    ['c', 4],
  ]);
  deepEqual(await sql.rows('SELECT shop AS s FROM totals ORDER BY s DESC LIMIT 2;'), [['c'], ['b']]);
  deepEqual(await sql.rows('SELECT shop FROM totals ORDER BY total % 4 DESC, shop LIMIT 2;'), [['b'], ['a']]);
  deepEqual(await sql.rows("SELECT n, shop FROM totals WHERE shop <> 'b' ORDER BY 1 DESC, 2;"), [
    [3, 'a'],
    [1, 'c'],
  ]);
  deepEqual(await sql.rows('SELECT shop FROM totals ORDER BY shop LIMIT 0;'), []);
  const [{ header }] = await sql.query('SELECT shop, n FROM totals ORDER BY total;');
  equal(header.schema, '`SHOP` STRING KEY, `N` BIGINT');
});

test('nulls are last, first when it is descending, or where the statement says', async () => {
  const order = async (by: string) =>
    (await sql.rows(`SELECT item, price FROM sales ORDER BY ${by};`)).map(([, price]) => price);
  deepEqual(await order('price'), [3, 4, 7, 9, null]);
  deepEqual(await order('price DESC'), [null, 9, 7, 4, 3]);
  deepEqual(await order('price NULLS FIRST'), [null, 3, 4, 7, 9]);
  deepEqual(await order('price DESC NULLS LAST'), [9, 7, 4, 3, null]);
});

test('a stream in order ends as other reads of streams do', async () => {
  const cut = await sql.query('SELECT item FROM sales ORDER BY price LIMIT 1;');
  equal(cut.at(-1).finalMessage, 'Limit Reached');
  equal((await sql.query('SELECT item FROM sales ORDER BY price LIMIT 9;')).at(-1).finalMessage, 'Query Completed');
});

test('groups of tables and streams, with HAVING and aggregates that no table is grouped with', async () => {
  deepEqual(await sql.rows('SELECT item, COUNT(*), SUM(price) FROM sales GROUP BY item ORDER BY item;'), [
    ['cup', 1, 9],
    ['ink', 1, 7],
    ['tea', 3, 7],
  ]);
  deepEqual(
    await sql.rows('SELECT n, MAX(total) AS most, COLLECT_SET(shop) FROM totals GROUP BY n HAVING MAX(total) > 7;'),
    [[3, 12, ['a']]],
  );
  deepEqual(await sql.rows('SELECT item FROM sales GROUP BY item HAVING COUNT(*) > 1 ORDER BY COUNT(*) DESC;'), [
    ['tea'],
  ]);
  deepEqual(await sql.rows('SELECT n FROM totals GROUP BY n ORDER BY n;'), [[1], [3]]);
  deepEqual(await sql.rows("SELECT COUNT(*), AVG(total) FROM totals WHERE shop IN ('a', 'b');"), [[2, 9.5]]);
  deepEqual(await sql.rows("SELECT COUNT(*), MAX(total) FROM totals WHERE shop = 'nowhere';"), [[0, null]]);
});

test('windowed tables are grouped, and streams into windows', async () => {
  deepEqual(await sql.rows('SELECT windowstart, SUM(n) FROM per_second GROUP BY windowstart ORDER BY windowstart;'), [
    [1000, 2],
    [2000, 2],
    [9000, 1],
  ]);
  deepEqual(
    await sql.rows(
      'SELECT shop, COUNT(*), windowstart, windowend FROM sales WINDOW HOPPING (SIZE 2 SECONDS, ADVANCE BY 1 SECONDS) GROUP BY shop ORDER BY shop, windowstart LIMIT 3;',
    ),
    [
      ['a', 1, 0, 2000],
      ['a', 2, 1000, 3000],
      ['a', 1, 2000, 4000],
    ],
  );
  deepEqual(
    await sql.rows(
      'SELECT shop, COUNT(*), windowstart, windowend FROM sales WINDOW SESSION (2 SECONDS) GROUP BY shop ORDER BY shop, windowstart;',
    ),
    [
      ['a', 2, 1000, 2500],
      ['a', 1, 9000, 9000],
      ['b', 1, 1500, 1500],
      ['c', 1, 2000, 2000],
    ],
  );
});

test('tables are joined by their keys and by others, inner and outer', async () => {
  deepEqual(await sql.rows('SELECT s.id, t.total FROM shops s JOIN totals t ON s.id = t.shop ORDER BY s.id;'), [
    ['a', 12],
    ['b', 7],
  ]);
  deepEqual(
    await sql.rows(
      'SELECT s.id, t.shop, t.total FROM shops s FULL JOIN totals t ON s.id = t.shop ORDER BY s.id, t.shop;',
    ),
    [
      ['a', 'a', 12],
      ['b', 'b', 7],
      ['d', null, null],
      [null, 'c', 4],
    ],
  );
  deepEqual(
    await sql.rows(`SELECT s.id, c.people, t.n FROM shops s LEFT JOIN cities c ON s.city = c.name LEFT JOIN totals t ON t.shop = s.id
      WHERE s.rank < 3 ORDER BY c.people DESC NULLS LAST;`),
    [
      ['a', 700000, 3],
      ['b', 290000, 1],
      ['d', null, null],
    ],
  );
  deepEqual(
    await sql.rows('SELECT c.name, s.id FROM shops s RIGHT JOIN cities c ON s.city = c.name ORDER BY c.name;'),
    [
      ['bergen', 'b'],
      ['hamar', null],
      ['oslo', 'a'],
    ],
  );
  deepEqual(await sql.rows("SELECT c.people FROM shops s JOIN cities c ON s.city = c.name WHERE s.id = 'a';"), [
    [700000],
  ]);
  deepEqual(await sql.rows('SELECT s.id FROM shops s LEFT JOIN totals t ON s.id = t.shop WHERE t.total IS NULL;'), [
    ['d'],
  ]);
});

test('streams are joined with tables, themselves and by several equalities, and grouped', async () => {
  deepEqual(
    await sql.rows(
      'SELECT s.city, COUNT(*) AS n, SUM(x.price) FROM sales x JOIN shops s ON x.shop = s.id GROUP BY s.city ORDER BY n DESC;',
    ),
    [
      ['oslo', 3, 12],
      ['bergen', 1, 7],
    ],
  );
  deepEqual(
    await sql.rows(
      'SELECT a.shop, a.price, b.price FROM sales a JOIN sales b ON a.shop = b.shop AND a.item = b.item WHERE a.price < 4 ORDER BY b.price;',
    ),
    [
      ['a', 3, 3],
      ['a', 3, null],
    ],
  );
});

test('table functions, and expressions over all of it', async () => {
  deepEqual(await sql.rows("SELECT item, EXPLODE(tags) AS tag FROM sales WHERE shop = 'a' ORDER BY tag, item;"), [
    ['tea', 'green'],
    ['cup', 'hot'],
    ['tea', 'hot'],
    ['cup', 'red'],
  ]);
  deepEqual(await sql.rows('SELECT shop, EXPLODE(items) AS item FROM totals ORDER BY shop, item LIMIT 2;'), [
    ['a', 'cup'],
    ['a', 'tea'],
  ]);
  deepEqual(
    await sql.rows(
      "SELECT CASE WHEN total > 5 THEN 'much' ELSE 'little' END AS amount, COUNT(*) AS n FROM totals GROUP BY CASE WHEN total > 5 THEN 'much' ELSE 'little' END ORDER BY amount;",
    ),
    [
      ['little', 1],
      ['much', 2],
    ],
  );
});

test('what is kept is bounded, and the error says what to do', async () => {
  const few = { 'headwater.query.pull.max.rows': '2' };
  match(
    await sql.refusal('SELECT shop FROM totals ORDER BY shop;', few),
    /ORDER BY has to keep more than 2 rows: narrow/,
  );
  match(await sql.refusal('SELECT item, COUNT(*) FROM sales GROUP BY item;', few), /GROUP BY has to keep/);
  match(await sql.refusal('SELECT s.id FROM shops s JOIN totals t ON s.id = t.shop;', few), /JOIN has to keep/);
  deepEqual(await sql.rows('SELECT n, COUNT(*) FROM totals GROUP BY n HAVING n = 3;', few), [[3, 1]]);
});

test('what cannot be is refused in words that help', async () => {
  match(await sql.refusal('SELECT shop FROM totals ORDER BY nothing;'), /NOTHING/);
  match(await sql.refusal('SELECT shop FROM totals ORDER BY items;'), /have no order/);
  match(await sql.refusal('SELECT shop FROM totals ORDER BY 2;'), /no such column/);
  match(await sql.refusal('SELECT total FROM totals GROUP BY n;'), /not part of GROUP BY/);
  match(await sql.refusal('SELECT s.id FROM shops s JOIN totals t ON s.id < t.shop;'), /equalities/);
  match(await sql.refusal('SELECT s.id FROM shops s JOIN totals t ON s.rank = t.shop;'), /types don't match/);
  match(await sql.refusal('SELECT s.id FROM shop_list s JOIN totals t ON s.id = t.shop;'), /isn't queryable/);
  const plain = { 'headwater.dialect': 'ksqldb' };
  match(await sql.refusal('SELECT s.id FROM shops s JOIN totals t ON s.id = t.shop;', plain), /don't support JOIN/);
  match(await sql.refusal('SELECT item, COUNT(*) FROM sales GROUP BY item;', plain), /don't support GROUP BY/);
  match(await sql.refusal('SELECT item FROM sales ORDER BY item;', plain), /ORDER BY/);
});
