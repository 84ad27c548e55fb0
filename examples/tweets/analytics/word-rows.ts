import pg from 'pg';

export interface WordRow {
  /** Leads to the record that it came in: `rowIdOf` of @headwater/connect. */
  id: string;
  word: string;
  wordCount: number;
}

export interface DatedCount {
  wordCount: number;
  recordDate: string;
}

const table = 'analytics.twitter_analytics';
const historyRowsMax = 1_000;
export const prunedRowsMax = 2_000;

/** The rows of counts, as they are asked for and grown out of. */
export class WordRows {
  readonly #pool: pg.Pool;

  constructor(postgresUrl: string) {
    this.#pool = new pg.Pool({
      connectionString: postgresUrl,
      application_name: 'analytics',
      max: 2,
      connectionTimeoutMillis: 2_000,
      query_timeout: 5_000,
      idleTimeoutMillis: 30_000,
    });
    this.#pool.on('error', () => {}); // each query tells its own
  }

  /** The newest row of a word. Two of one moment: the higher count is the later. */
  async newest(word: string): Promise<WordRow | undefined> {
    const { rows } = await this.#pool.query<{ id: string; word: string; word_count: string }>(
      `SELECT id, word, word_count FROM ${table} WHERE word = $1 ORDER BY record_date DESC, word_count DESC LIMIT 1`,
      [word],
    );
    const [row] = rows;
    return row === undefined ? undefined : { id: row.id, word: row.word, wordCount: Number(row.word_count) };
  }

  /** The counts of a word over time, the newest 1,000 between two moments, oldest first. */
  async history(word: string, from: Date, to: Date): Promise<DatedCount[]> {
    const { rows } = await this.#pool.query<{ word_count: string; record_date: Date }>(
      `SELECT word_count, record_date FROM ${table} WHERE word = $1 AND record_date >= $2 AND record_date < $3
       ORDER BY record_date DESC, word_count DESC LIMIT ${historyRowsMax}`,
      [word, from, to],
    );
    return rows
      .reverse()
      .map(({ record_date, word_count }) => ({ wordCount: Number(word_count), recordDate: record_date.toISOString() }));
  }

  /** Deletes some of the rows from before a moment that have a newer one of their word; returns how many. */
  async prune(before: Date): Promise<number> {
    const { rowCount } = await this.#pool.query(
      `DELETE FROM ${table} WHERE id IN (
  SELECT old.id FROM ${table} AS old
  WHERE old.record_date < $1 AND EXISTS (
    SELECT 1 FROM ${table} AS newer
    WHERE newer.word = old.word AND (newer.record_date, newer.word_count) > (old.record_date, old.word_count))
  LIMIT ${prunedRowsMax})`,
      [before],
    );
    return rowCount ?? 0;
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}
