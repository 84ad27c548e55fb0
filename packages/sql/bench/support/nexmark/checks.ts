import type { Auction, Events } from './events.ts';

// biome-ignore lint/suspicious/noExplicitAny: rows of any query
export type ResultRow = Record<string, any>;

/** What a query has written. */
export interface Results {
  /** All records, in the order of each partition. */
  readonly records: readonly ResultRow[];
  /** The last one of each key; those that were taken away are not there. */
  readonly rows: readonly ResultRow[];
  /** Records of its first step. */
  readonly firstStep: readonly ResultRow[];
}

/** Works a query's results out from the events, by itself; what is wrong with the given ones, or null. */
export type Check = (events: Events, results: Results) => string | null;

const windowMs = 10_000;

export const checks: Readonly<Record<string, Check>> = {
  q0: ({ bids }, { records }) =>
    same(
      bids.map(textOf),
      records.map(
        (
          { AUCTION, BIDDER, PRICE, CHANNEL, URL, DATE_TIME, EXTRA }, // as in Bid
        ) =>
          textOf({
            auction: AUCTION,
            bidder: BIDDER,
            price: PRICE,
            channel: CHANNEL,
            url: URL,
            date_time: DATE_TIME,
            extra: EXTRA,
          }),
      ),
    ),
  q1: ({ bids }, { records }) =>
    same(
      bids.map(({ auction, bidder, date_time, price }) => [auction, bidder, cents(price * 908), date_time].join()),
      records.map((row) => [row.AUCTION, row.BIDDER, cents(row.PRICE * 1000), row.DATE_TIME].join()),
    ),
  q2: ({ bids }, { records }) =>
    same(
      bids.filter(({ auction }) => auction % 123 === 0).map(({ auction, price }) => `${auction},${price}`),
      records.map((row) => `${row.AUCTION},${row.PRICE}`),
    ),
  q3({ auctions, persons }, { rows }) {
    const near = new Map(
      persons.filter(({ state }) => ['OR', 'ID', 'CA'].includes(state)).map((each) => [each.id, each]),
    );
    return same(
      auctions
        .filter(({ category, seller }) => category === 10 && near.has(seller))
        .map(({ id, seller }) => [id, near.get(seller)!.name, near.get(seller)!.city, near.get(seller)!.state].join()),
      rows.map(({ AUCTION, CITY, NAME, STATE }) => [AUCTION, NAME, CITY, STATE].join()),
    );
  },
  q4(events, { rows }) {
    const prices = new Map<number, number[]>();
    for (const [{ category }, price] of closingPrices(events)) listOf(prices, category).push(price);
    return same(
      Array.from(prices, ([category, all]) => `${category},${(sum(all) / all.length).toFixed(3)}`),
      rows.map(({ AVERAGE, OF }) => `${OF},${AVERAGE.toFixed(3)}`),
    );
  },
  q5({ bids }, { rows }) {
    const counts = new Map<number, Map<number, number>>();
    for (const { auction, date_time } of bids) {
      const last = date_time - (date_time % 2000);
      for (let start = last - 8000; start <= last; start += 2000) {
        const window = counts.get(start) ?? new Map<number, number>();
        counts.set(start, window.set(auction, (window.get(auction) ?? 0) + 1));
      }
    }
    const wrong = rows.find(({ BIDS, ITEM, WINDOW_START }) => counts.get(WINDOW_START)?.get(ITEM) !== BIDS);
    if (wrong !== undefined) return `no auction has as many bids: ${JSON.stringify(wrong)}`;
    return same(
      Array.from(counts, ([start, window]) => `${start},${Math.max(...window.values())}`),
      rows.map(({ BIDS, WINDOW_START }) => `${WINDOW_START},${BIDS}`),
    );
  },
  q6(events, { firstStep, rows }) {
    const prices = new Map(Array.from(closingPrices(events), ([{ id }, price]) => [id, price]));
    const wrong = firstStep.find(({ AUCTION, FINAL }) => prices.get(AUCTION) !== FINAL);
    if (wrong !== undefined) return `not its closing price: ${JSON.stringify(wrong)}`;
    // Those of the last minute are not told of yet.
    const lastMs = events.bids.at(-1)!.date_time - 60_000;
    const told = new Set(firstStep.map(({ AUCTION }) => AUCTION));
    const missing = events.auctions.find(({ expires, id }) => expires < lastMs && prices.has(id) && !told.has(id));
    if (missing !== undefined) return `auction ${missing.id} is not told of`;
    const last = new Map<number, number[]>();
    for (const { FINAL, SELLER } of firstStep) {
      const list = listOf(last, SELLER);
      list.push(FINAL);
      if (list.length > 10) list.shift();
    }
    return same(
      Array.from(last, ([seller, list]) => `${seller},${Math.trunc(sum(list) / list.length)}`),
      rows.map(({ AVERAGE, OF }) => `${OF},${AVERAGE}`),
    );
  },
  q7({ bids }, { rows }) {
    const highest = new Map<number, number>();
    const made = new Set<string>();
    for (const { auction, bidder, date_time, price } of bids) {
      const start = date_time - (date_time % windowMs);
      highest.set(start, Math.max(price, highest.get(start) ?? 0));
      made.add([start, price, auction, bidder].join());
    }
    const wrong = rows.find((row) => !made.has([row.WINDOW_START, row.PRICE, row.AUCTION, row.BIDDER].join()));
    if (wrong !== undefined) return `there is no such bid: ${JSON.stringify(wrong)}`;
    return same(
      Array.from(highest, ([start, price]) => `${start},${price}`),
      rows.map(({ PRICE, WINDOW_START }) => `${WINDOW_START},${PRICE}`),
    );
  },
  q8({ auctions, persons }, { rows }) {
    const sellers = new Map<string, number>();
    for (const { date_time, seller } of auctions) {
      const key = `${seller},${Math.floor(date_time / windowMs)}`;
      sellers.set(key, (sellers.get(key) ?? 0) + 1);
    }
    return same(
      persons.flatMap(({ date_time, id, name }) => {
        const window = Math.floor(date_time / windowMs);
        const count = sellers.get(`${id},${window}`);
        return count === undefined ? [] : [`${id},${name},${window},${count}`];
      }),
      rows.map(({ AUCTIONS, CALLED, IN_WINDOW, PERSON }) => `${PERSON},${CALLED},${IN_WINDOW},${AUCTIONS}`),
    );
  },
  q11({ bids }, { rows }) {
    const sessions: string[] = [];
    const open = new Map<number, { start: number; end: number; count: number }>();
    for (const { bidder, date_time } of bids) {
      const session = open.get(bidder);
      if (session !== undefined && date_time - session.end <= windowMs) {
        session.end = date_time;
        session.count++;
        continue;
      }
      if (session !== undefined) sessions.push(`${bidder},${session.start},${session.end},${session.count}`);
      open.set(bidder, { start: date_time, end: date_time, count: 1 });
    }
    for (const [bidder, { count, end, start }] of open) sessions.push(`${bidder},${start},${end},${count}`);
    return same(
      sessions,
      rows.map(({ BIDS, ENDS, PERSON, STARTS }) => `${PERSON},${STARTS},${ENDS},${BIDS}`),
    );
  },
  q12: ({ bids }, { rows }) =>
    same(countsOf(bids.map(({ bidder }) => [bidder, 1])), countsOf(rows.map(({ BIDS, PERSON }) => [PERSON, BIDS]))),
  q13: ({ bids }, { records }) =>
    same(
      bids.map(({ auction, bidder, price }) => `${auction},${bidder},${price},${sideValue(auction % 10_000)}`),
      records.map(({ AUCTION, BIDDER, PRICE, VALUE }) => `${AUCTION},${BIDDER},${PRICE},${VALUE}`),
    ),
};

/** Of the table that is joined in q13. */
export function sideValue(id: number): string {
  return `side of ${id}`;
}

/** The highest bid on each auction while it was open; not those without one. */
function closingPrices({ auctions, bids }: Events): Map<Auction, number> {
  const byId = new Map(auctions.map((auction) => [auction.id, auction]));
  const prices = new Map<Auction, number>();
  for (const { auction: id, date_time, price } of bids) {
    const auction = byId.get(id)!;
    if (date_time < auction.date_time || date_time > auction.expires) continue;
    prices.set(auction, Math.max(price, prices.get(auction) ?? 0));
  }
  return prices;
}

function same(expected: readonly string[], found: readonly string[]): string | null {
  const [a, b] = [[...expected].sort(), [...found].sort()];
  const at = a.findIndex((each, index) => each !== b[index]);
  if (at >= 0) return `${a.length} are expected, ${b.length} found; the first that differs: ${a[at]} and ${b[at]}`;
  return a.length === b.length ? null : `${a.length} are expected, ${b.length} found`;
}

function textOf(bid: object): string {
  return Object.values(bid).join('|');
}

function cents(thousandths: number): number {
  return Math.round(thousandths);
}

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

function countsOf(counts: readonly (readonly [number, number])[]): string[] {
  const all = new Map<number, number>();
  for (const [id, count] of counts) all.set(id, (all.get(id) ?? 0) + count);
  return Array.from(all, ([id, count]) => `${id},${count}`);
}

function listOf(lists: Map<number, number[]>, key: number): number[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}
