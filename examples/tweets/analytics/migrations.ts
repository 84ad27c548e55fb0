/** The schema `analytics`, by numbered changes: add one, never change one. */
export const migrations = [
  `CREATE TABLE analytics.twitter_analytics (
  id uuid PRIMARY KEY,
  word varchar NOT NULL,
  word_count bigint NOT NULL,
  record_date timestamptz NOT NULL
);
CREATE INDEX twitter_analytics_by_word ON analytics.twitter_analytics (word, record_date DESC)`,
] as const;

export const columns = [
  { name: 'id', type: 'uuid' },
  { name: 'word', type: 'varchar' },
  { name: 'word_count', type: 'bigint' },
  { name: 'record_date', type: 'timestamptz' },
] as const;
