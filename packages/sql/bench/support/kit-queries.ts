/** The queries of the kit that runs the same work on other engines (`../shared/bench/streams`), as anybody would write them in SQL. */
export interface KitStatements {
  /** Input topics; the second is the other side of a join. */
  readonly sources: readonly [string, string];
  readonly output: string;
}

export interface KitQuery {
  /** All statements, the query last. */
  statements(topics: KitStatements): string;
  /** Records that its tasks work on: the input's, and once more those that come out of a repartition topic. */
  expected(inputRecords: number): number;
}

const usersCount = 100_000;

function source(kind: 'STREAM' | 'TABLE', name: string, topic: string, columns: string): string {
  return `CREATE ${kind} ${name} (${columns}) WITH (KAFKA_TOPIC = '${topic}', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON');`;
}

function sink(output: string): string {
  return `WITH (KAFKA_TOPIC = '${output}', KEY_FORMAT = 'KAFKA', VALUE_FORMAT = 'JSON')`;
}

/** What orders above 500 that were not cancelled come to with tax. */
const grossOfOrders: KitQuery = {
  statements: ({ output, sources }) => `
    ${source('STREAM', 'orders', sources[0], 'k STRING KEY, id BIGINT, city STRING, item STRING, amount DOUBLE, status STRING')}
    CREATE STREAM gross ${sink(output)} AS
      SELECT k, id, UCASE(city) AS city, amount * 1.2 AS \`gross\`, CONCAT(item, '-', status) AS tag
      FROM orders WHERE amount > 500 AND status <> 'CANCELLED';`,
  expected: (records) => records,
};

/** How many events of each service a day: by a field of the value, or by the key. */
function eventsOfDays(columns: string, service: string): KitQuery['statements'] {
  return ({ output, sources }) => `
    ${source('STREAM', 'events', sources[0], columns)}
    CREATE TABLE counts ${sink(output)} AS
      SELECT ${service} AS service, AS_VALUE(${service}) AS service_id, WINDOWSTART AS window_start, COUNT(*) AS \`cnt\`
      FROM events WINDOW TUMBLING (SIZE 1 DAY, GRACE PERIOD 1 DAY) GROUP BY ${service};`;
}

/** Clicks with the name and the level of who clicked. */
const clicksOfUsers: KitQuery = {
  statements: ({ output, sources }) => `
    ${source('TABLE', 'users', sources[1], 'id STRING PRIMARY KEY, name STRING, level STRING')}
    ${source('STREAM', 'clicks', sources[0], 'k STRING KEY, click_id BIGINT, user_id STRING, page STRING')}
    CREATE STREAM pages ${sink(output)} AS
      SELECT c.k, c.click_id AS click_id, c.user_id AS user_id, c.page AS page, u.name AS name, u.level AS level
      FROM clicks c JOIN users u ON c.k = u.id;`,
  expected: (records) => records + usersCount,
};

/** Sales with what was shipped of them up to ten minutes before or after. */
const shipmentsOfSales: KitQuery = {
  statements: ({ output, sources }) => `
    ${source('STREAM', 'sales', sources[0], 'k STRING KEY, order_id STRING, item STRING')}
    ${source('STREAM', 'shipments', sources[1], 'k STRING KEY, ship_id BIGINT, carrier STRING')}
    CREATE STREAM deliveries ${sink(output)} AS
      SELECT l.k, l.order_id AS order_id, r.ship_id AS ship_id, l.item AS item, r.carrier AS carrier
      FROM sales l JOIN shipments r WITHIN 10 MINUTES GRACE PERIOD 1 HOUR ON l.k = r.k;`,
  // The kit counts both sides.
  expected: (records) => records,
};

/** What each account has paid in an hour, each quarter of an hour. */
const paymentsOfHours: KitQuery = {
  statements: ({ output, sources }) => `
    ${source('STREAM', 'payments', sources[0], 'payer STRING KEY, amount BIGINT')}
    CREATE TABLE sums ${sink(output)} AS
      SELECT payer, AS_VALUE(payer) AS account, WINDOWSTART AS window_start, SUM(amount) AS \`total\`
      FROM payments WINDOW HOPPING (SIZE 1 HOUR, ADVANCE BY 15 MINUTES, GRACE PERIOD 1 HOUR) GROUP BY payer;`,
  expected: (records) => records,
};

export const kitQueries: Readonly<Record<string, KitQuery>> = {
  q1: grossOfOrders,
  q2: {
    statements: eventsOfDays('k STRING KEY, service_id STRING', 'service_id'),
    expected: (records) => 2 * records,
  },
  q2k: { statements: eventsOfDays('k STRING KEY', 'k'), expected: (records) => records },
  q3: clicksOfUsers,
  q4: shipmentsOfSales,
  q5: paymentsOfHours,
};
