/** A store that writes rows until it is killed, and says of each when it was acknowledged: `node killed-store.ts DATA_DIR FIRST_ID`. */
import { writeSync } from 'node:fs';
import pg from 'pg';
import { startAnalytics } from '../index.ts';

const [dataDir, first] = process.argv.slice(2) as [string, string];
const store = await startAnalytics({ dataDir });
const clients = await Promise.all(
  [0, 1].map(async () => {
    const client = new pg.Client({ connectionString: store.url });
    await client.connect();
    return client;
  }),
);
await clients[0]!.query('CREATE TABLE IF NOT EXISTS rows (id int PRIMARY KEY, twin int, text text)');
let id = Number(first);
await Promise.all(
  clients.map(async (client) => {
    for (;;) {
      const mine = (id += 2);
      await client.query('BEGIN');
      await client.query('INSERT INTO rows VALUES ($1, $2, $3)', [mine, mine + 1, 'x'.repeat(mine % 500)]);
      await client.query('INSERT INTO rows VALUES ($1, $2, $3)', [mine + 1, mine, '']);
      await client.query('COMMIT');
      // At once: what is in a stream's buffer is lost with the process.
      writeSync(1, `${mine}\n`);
    }
  }),
);
