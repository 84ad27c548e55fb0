/** Nexmark's queries in ksqlDB's dialect. */
export type NexmarkTopic = 'person' | 'auction' | 'bid' | 'arrival' | 'side';

export interface NexmarkQuery {
  readonly name: string;
  /** What it is about, and how it is written where the dialect has no word for it. */
  readonly about: string;
  /** What it reads, to count records. */
  readonly reads: readonly NexmarkTopic[];
  /** `run` makes names of its own; results are in the topic `${run}`, a first step's in `${run}-1`. */
  statements(run: string): string;
}

/** Persons, auctions and bids are topics of their own; keys are the ids of persons and auctions, of bids that of the auction. */
export function sourceStatements(topicOf: (topic: NexmarkTopic) => string): string {
  const source = (kind: string, name: string, topic: NexmarkTopic, columns: string) =>
    `CREATE ${kind} ${name} (${columns}) WITH (KAFKA_TOPIC = '${topicOf(topic)}', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');`;
  const bid =
    'k BIGINT KEY, auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, date_time BIGINT, extra STRING';
  const person = 'name STRING, city STRING, state STRING, date_time BIGINT';
  const auction = 'seller BIGINT, category INT, date_time BIGINT, expires BIGINT';
  return [
    source('STREAM', 'person', 'person', `k BIGINT KEY, id BIGINT, ${person}`),
    source('STREAM', 'auction', 'auction', `k BIGINT KEY, id BIGINT, ${auction}`),
    source('STREAM', 'bid', 'bid', bid),
    source('STREAM', 'arriving_bid', 'arrival', bid),
    source('TABLE', 'persons', 'person', `id BIGINT PRIMARY KEY, ${person}`),
    source('TABLE', 'auctions', 'auction', `id BIGINT PRIMARY KEY, ${auction}`),
    source('TABLE', 'side', 'side', 'id BIGINT PRIMARY KEY, value STRING'),
  ].join('\n');
}

function create(kind: 'STREAM' | 'TABLE', name: string, topic: string, select: string, more = ''): string {
  return `CREATE ${kind} ${name} WITH (KAFKA_TOPIC = '${topic}', KEY_FORMAT = 'JSON', VALUE_FORMAT = 'JSON'${more}) AS ${select};`;
}

function updates(name: string, topic: string, columns: string): string {
  return `CREATE STREAM ${name} (${columns}) WITH (KAFKA_TOPIC = '${topic}', VALUE_FORMAT = 'JSON');`;
}

/** Bids while their auction is open. */
const bidsOfOpenAuctions = `FROM bid b JOIN auction a WITHIN 20 SECONDS GRACE PERIOD 1 MINUTE ON b.k = a.k`;
const isOpen = 'b.date_time >= a.date_time AND b.date_time <= a.expires';

export const nexmarkQueries: readonly NexmarkQuery[] = [
  {
    name: 'q0',
    about: 'bids as they are',
    reads: ['bid'],
    statements: (run) =>
      create('STREAM', run, run, 'SELECT k, auction, bidder, price, channel, url, date_time, extra FROM bid'),
  },
  {
    name: 'q1',
    about: 'prices in another currency',
    reads: ['bid'],
    statements: (run) =>
      create('STREAM', run, run, 'SELECT k, auction, bidder, 0.908 * price AS price, date_time, extra FROM bid'),
  },
  {
    name: 'q2',
    about: 'bids on some auctions',
    reads: ['bid'],
    statements: (run) => create('STREAM', run, run, 'SELECT k, auction, price FROM bid WHERE auction % 123 = 0'),
  },
  {
    name: 'q3',
    about:
      'who sells in a category and lives in three states: a join by foreign key, so that the order of arrival does not matter',
    reads: ['auction', 'person'],
    statements: (run) =>
      create(
        'TABLE',
        run,
        run,
        `SELECT a.id AS id, AS_VALUE(a.id) AS auction, p.name AS name, p.city AS city, p.state AS state
         FROM auctions a JOIN persons p ON a.seller = p.id
         WHERE a.category = 10 AND (p.state = 'OR' OR p.state = 'ID' OR p.state = 'CA')`,
      ),
  },
  {
    name: 'q4',
    about: 'average of the closing prices of a category: a table of the highest bids, and a table of that',
    reads: ['bid', 'auction'],
    statements: (run) =>
      [
        create(
          'TABLE',
          `${run}_1`,
          `${run}-1`,
          `SELECT a.id AS id, a.category AS category, MAX(b.price) AS final
           ${bidsOfOpenAuctions} WHERE ${isOpen} GROUP BY a.id, a.category`,
        ),
        create(
          'TABLE',
          run,
          run,
          `SELECT category, AS_VALUE(category) AS of, AVG(final) AS average FROM ${run}_1 GROUP BY category`,
        ),
      ].join('\n'),
  },
  {
    name: 'q5',
    about:
      'the auction with the most bids in each window: updates of the windows are read as a stream, of which TOPK keeps the greatest; one of several that are equal',
    reads: ['bid'],
    statements: (run) =>
      [
        create(
          'TABLE',
          `${run}_1`,
          `${run}-1`,
          `SELECT auction, AS_VALUE(auction) AS item, WINDOWSTART AS starts, COUNT(*) AS bids
           FROM bid WINDOW HOPPING (SIZE 10 SECONDS, ADVANCE BY 2 SECONDS, GRACE PERIOD 1 MINUTE) GROUP BY auction`,
        ),
        updates(`${run}_2`, `${run}-1`, 'item BIGINT, starts BIGINT, bids BIGINT'),
        create(
          'TABLE',
          run,
          run,
          `SELECT starts, AS_VALUE(starts) AS window_start, TOPK(bids, item, 1)[1]->\`sort_col\` AS bids, TOPK(bids, item, 1)[1]->\`col0\` AS item
           FROM ${run}_2 GROUP BY starts`,
        ),
      ].join('\n'),
  },
  {
    name: 'q6',
    about:
      'average of a seller’s last ten closing prices: an auction is a session that EMIT FINAL tells of when it is over; LATEST_BY_OFFSET keeps ten, REDUCE adds them',
    reads: ['bid', 'auction'],
    statements: (run) =>
      [
        create(
          'TABLE',
          `${run}_1`,
          `${run}-1`,
          `SELECT a.id AS id, a.seller AS s, AS_VALUE(a.id) AS auction, AS_VALUE(a.seller) AS seller, MAX(b.price) AS final
           ${bidsOfOpenAuctions} WINDOW SESSION (20 SECONDS, GRACE PERIOD 10 SECONDS)
           WHERE ${isOpen} GROUP BY a.id, a.seller EMIT FINAL`,
          ', PARTITIONS = 1',
        ),
        updates(`${run}_2`, `${run}-1`, 'auction BIGINT, seller BIGINT, final BIGINT'),
        create(
          'TABLE',
          run,
          run,
          `SELECT seller, AS_VALUE(seller) AS of,
             REDUCE(LATEST_BY_OFFSET(final, 10), CAST(0 AS BIGINT), (s, x) => s + x) / ARRAY_LENGTH(LATEST_BY_OFFSET(final, 10)) AS average
           FROM ${run}_2 GROUP BY seller`,
        ),
      ].join('\n'),
  },
  {
    name: 'q7',
    about: 'the highest bid of each window: TOPK over one group of all; one of several that are equal',
    reads: ['bid'],
    statements: (run) =>
      create(
        'TABLE',
        run,
        run,
        `SELECT price * 0 AS k, WINDOWSTART AS window_start, TOPK(price, auction, bidder, 1)[1]->\`sort_col\` AS price,
           TOPK(price, auction, bidder, 1)[1]->\`col0\` AS auction, TOPK(price, auction, bidder, 1)[1]->\`col1\` AS bidder
         FROM bid WINDOW TUMBLING (SIZE 10 SECONDS, GRACE PERIOD 1 MINUTE) GROUP BY price * 0`,
      ),
  },
  {
    name: 'q8',
    about:
      'persons who sell in the window in which they came: windows of tables cannot be joined, so it is a join of streams within a window’s length, of records of one window',
    reads: ['person', 'auction'],
    statements: (run) =>
      create(
        'TABLE',
        run,
        run,
        `SELECT p.id AS id, p.name AS name, p.date_time / 10000 AS w, AS_VALUE(p.id) AS person, AS_VALUE(p.name) AS called,
           AS_VALUE(p.date_time / 10000) AS in_window, COUNT(*) AS auctions
         FROM person p JOIN auction a WITHIN 10 SECONDS GRACE PERIOD 1 MINUTE ON p.k = a.seller
         WHERE p.date_time / 10000 = a.date_time / 10000 GROUP BY p.id, p.name, p.date_time / 10000`,
      ),
  },
  {
    name: 'q11',
    about: 'bids of a person’s sessions',
    reads: ['bid'],
    statements: (run) =>
      create(
        'TABLE',
        run,
        run,
        `SELECT bidder, AS_VALUE(bidder) AS person, WINDOWSTART AS starts, WINDOWEND AS ends, COUNT(*) AS bids
         FROM bid WINDOW SESSION (10 SECONDS, GRACE PERIOD 1 MINUTE) GROUP BY bidder`,
      ),
  },
  {
    name: 'q12',
    about:
      'bids of a person in windows of processing time: of the time at which a topic with LogAppendTime was given them',
    reads: ['arrival'],
    statements: (run) =>
      create(
        'TABLE',
        run,
        run,
        `SELECT bidder, AS_VALUE(bidder) AS person, WINDOWSTART AS starts, COUNT(*) AS bids
         FROM arriving_bid WINDOW TUMBLING (SIZE 10 SECONDS) GROUP BY bidder`,
      ),
  },
  {
    name: 'q13',
    about: 'bids with a row of a table that does not change',
    reads: ['bid', 'side'],
    statements: (run) =>
      create(
        'STREAM',
        run,
        run,
        `SELECT s.id AS k, b.auction AS auction, b.bidder AS bidder, b.price AS price, b.date_time AS date_time, s.value AS value
         FROM bid b JOIN side s ON b.auction % 10000 = s.id`,
      ),
  },
];
