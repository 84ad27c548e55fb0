/** What the servers under test do: one stream, one table, and a query of each kind over them. */
export const setUp = `
  CREATE STREAM events (usr STRING KEY, n INT, word STRING) WITH (kafka_topic='events', value_format='JSON', partitions=3);
  CREATE TABLE users (id STRING PRIMARY KEY, name STRING) WITH (kafka_topic='users', value_format='JSON', partitions=3);
  CREATE STREAM even AS SELECT usr, n, word FROM events WHERE n % 2 = 0;
  CREATE TABLE counts AS SELECT word, COUNT(*) AS n, SUM(n) AS total FROM events GROUP BY word;
  CREATE TABLE windows AS SELECT word, COUNT(*) AS n FROM events WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 1 DAY) GROUP BY word;
  CREATE STREAM joined AS SELECT e.usr, e.n, u.name FROM events e JOIN users u ON e.usr = u.id;
  CREATE STREAM odd AS SELECT usr, n, word FROM events WHERE n < 0;
  INSERT INTO odd SELECT usr, n, word FROM events WHERE n % 2 = 1;`;

export const windowMs = 10_000;
const wordsCount = 40;
export const usersCount = 60;
/** Of today: a broker takes away what is older than a topic's retention. */
const baseMs = Math.floor(Date.now() / windowMs) * windowMs;

export const userOf = (n: number) => `u${(n * 31) % usersCount}`;
const wordOf = (n: number) => `w${(n * 17) % wordsCount}`;
const timeOf = (n: number) => baseMs + n * 7;

/** The record of a number, always the same. */
export function eventOf(n: number): { key: string; value: string; timestamp: number } {
  return { key: userOf(n), value: JSON.stringify({ N: n, WORD: wordOf(n) }), timestamp: timeOf(n) };
}

export function users(): { key: string; value: string; timestamp: number }[] {
  return Array.from({ length: usersCount }, (_, n) => ({
    key: `u${n}`,
    value: JSON.stringify({ NAME: `name of u${n}` }),
    timestamp: baseMs - 1_000,
  }));
}

/** Rows of the tables after so many events, by key and window. */
export function tablesAfter(count: number): { counts: Map<string, string>; windows: Map<string, string> } {
  const totals = new Map<string, { n: number; total: number }>();
  const inWindows = new Map<string, number>();
  for (let n = 0; n < count; n++) {
    const word = wordOf(n);
    const { n: before, total } = totals.get(word) ?? { n: 0, total: 0 };
    totals.set(word, { n: before + 1, total: total + n });
    const window = `${word}@${Math.floor(timeOf(n) / windowMs) * windowMs}`;
    inWindows.set(window, (inWindows.get(window) ?? 0) + 1);
  }
  return {
    counts: new Map([...totals].map(([word, { n, total }]) => [word, `${n}/${total}`])),
    windows: new Map([...inWindows].map(([window, n]) => [window, String(n)])),
  };
}
