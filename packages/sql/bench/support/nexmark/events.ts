/**
 * Nexmark's model of an auction house, seeded: of each 50 events 1 is a person, 3 are auctions, 46 bids. Names, proportions, hot sellers, auctions
 * and bidders, and the distribution of prices are those of the published generator; an event comes each millisecond of event time.
 */
export interface Person {
  readonly id: number;
  readonly name: string;
  readonly email_address: string;
  readonly credit_card: string;
  readonly city: string;
  readonly state: string;
  readonly date_time: number;
  readonly extra: string;
}

export interface Auction {
  readonly id: number;
  readonly item_name: string;
  readonly description: string;
  readonly initial_bid: number;
  readonly reserve: number;
  readonly date_time: number;
  readonly expires: number;
  readonly seller: number;
  readonly category: number;
  readonly extra: string;
}

export interface Bid {
  readonly auction: number;
  readonly bidder: number;
  readonly price: number;
  readonly channel: string;
  readonly url: string;
  readonly date_time: number;
  readonly extra: string;
}

export interface Events {
  readonly persons: readonly Person[];
  readonly auctions: readonly Auction[];
  readonly bids: readonly Bid[];
}

/** 2023-11-14T00:00Z. */
export const firstMs = 1_699_920_000_000;
const firstId = 1000;
const eventsOfEpoch = 50;
const auctionsOfEpoch = 3;
const hotEach = 100;
const activePersons = 1000;
const inFlightAuctions = 100;
const cities = ['Phoenix', 'Los Angeles', 'San Francisco', 'Boise', 'Portland', 'Bend', 'Redmond', 'Seattle', 'Kent'];
const states = ['AZ', 'CA', 'ID', 'OR', 'WA', 'WY'];
const firstNames = ['Peter', 'Paul', 'Luke', 'John', 'Saul', 'Vicky', 'Kate', 'Julie', 'Sarah', 'Deiter', 'Walter'];
const lastNames = ['Shultz', 'Abrams', 'Spencer', 'White', 'Bartels', 'Walton', 'Smith', 'Jones', 'Noris'];
const channels = ['Google', 'Facebook', 'Baidu', 'Apple'];
/** How long an auction is open, at most; at least a second. */
export const auctionMsMax = 20_000;

export function nexmarkEvents(count: number, seed: number): Events {
  const random = new Random(seed);
  const persons: Person[] = [];
  const auctions: Auction[] = [];
  const bids: Bid[] = [];
  for (let index = 0; index < count; index++) {
    const date_time = firstMs + index;
    const place = index % eventsOfEpoch;
    if (place === 0) persons.push(person(random, persons.length, date_time));
    else if (place <= auctionsOfEpoch) auctions.push(auction(random, auctions.length, persons.length, date_time));
    else bids.push(bid(random, auctions.length, persons.length, date_time));
  }
  return { persons, auctions, bids };
}

function person(random: Random, before: number, date_time: number): Person {
  const name = `${random.of(firstNames)} ${random.of(lastNames)}`;
  return {
    id: firstId + before,
    name,
    email_address: `${random.text(7)}@${random.text(5)}.com`,
    credit_card: Array.from({ length: 4 }, () => String(1000 + random.below(9000))).join(' '),
    city: random.of(cities),
    state: random.of(states),
    date_time,
    extra: random.text(20),
  };
}

function auction(random: Random, before: number, persons: number, date_time: number): Auction {
  const initial_bid = random.price();
  return {
    id: firstId + before,
    item_name: random.text(20),
    description: random.text(60),
    initial_bid,
    reserve: initial_bid + random.price(),
    date_time,
    expires: date_time + 1000 + random.below(auctionMsMax - 1000),
    // Three of four are of the hot seller.
    seller: firstId + (random.below(4) > 0 ? hot(persons) : recent(random, persons, activePersons)),
    category: 10 + random.below(5),
    extra: random.text(30),
  };
}

function bid(random: Random, auctions: number, persons: number, date_time: number): Bid {
  const channel = random.of(channels);
  return {
    auction: firstId + (random.below(2) > 0 ? hot(auctions) : recent(random, auctions, inFlightAuctions)),
    bidder: firstId + (random.below(4) > 0 ? hot(persons) : recent(random, persons, activePersons)),
    price: random.price(),
    channel,
    url: `https://www.nexmark.com/${random.text(5)}/${random.text(5)}/item.htm?query=1&channel_id=${random.below(1e9)}`,
    date_time,
    extra: random.text(20),
  };
}

/** The first of the hundred that the newest is of. */
function hot(count: number): number {
  return Math.floor((count - 1) / hotEach) * hotEach;
}

function recent(random: Random, count: number, most: number): number {
  const among = Math.min(count, most);
  return count - among + random.below(among);
}

/** xorshift32. */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0 || 1;
  }

  below(limit: number): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return Math.floor(((state >>> 0) / 2 ** 32) * limit);
  }

  of<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  text(length: number): string {
    let text = '';
    for (let index = 0; index < length; index++) text += String.fromCharCode(97 + this.below(26));
    return text;
  }

  /** In cents: evenly over the orders of magnitude from 1 to 10^6. */
  price(): number {
    return Math.round(10 ** ((this.below(1e6) / 1e6) * 6) * 100);
  }
}
