import { customers, products } from './catalog.ts';

/** A line as it comes from browsers and tills: for `clicks-raw` or `orders-raw`. */
export interface RawEvent {
  kind: 'click' | 'order';
  line: string;
}

export interface RawEventOptions {
  /** The same seed gives the same lines, but for their times. A whole number. */
  seed: number;
  /** Begins the ids, so that those of two lives differ. */
  run: string;
  /** Epoch milliseconds. Default: the clock. */
  now?: () => number;
}

const productIds = [...products.keys()];
const customerIds = [...customers.keys()];
/** Who clicks buys with this chance, the same, up to a quarter of a minute later. */
const orderShare = 0.2;
const orderAfterMsMax = 15_000;
const ordersWaitingMax = 10_000;
/** Shares of the lines. */
const doubled = 0.03;
const broken = 0.03;
const late = 0.04;
const lateMsMax = 90_000;

/**
 * Clicks and orders without end, and dirty as such are: some lines are no JSON, miss a field, or have one of another type; some come twice, some late,
 * many out of order.
 */
export function* rawEvents({ now = Date.now, run, seed }: RawEventOptions): Generator<RawEvent, never> {
  const random = mulberry32(seed);
  const below = (bound: number): number => Math.floor(random() * bound);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;
  /** Lines that come again, after so many others. */
  const again: { event: RawEvent; after: number }[] = [];
  /** Orders that are to come. */
  const waiting: { atMs: number; customer: string; product: string }[] = [];
  let clicks = 0;
  let orders = 0;

  const dirty = (fields: Record<string, unknown>): string => {
    const line = JSON.stringify(fields);
    if (random() >= broken) return line;
    const copy = { ...fields };
    switch (below(6)) {
      case 0:
        return line.slice(0, 5 + below(line.length - 6));
      case 1:
        delete copy['id'];
        break;
      case 2:
        delete copy['product'];
        break;
      case 3:
        copy['at'] = 'yesterday';
        break;
      case 4:
        copy['customer'] = null;
        break;
      default:
        if ('quantity' in copy) copy['quantity'] = -1;
        else copy['page'] = 17;
    }
    return JSON.stringify(copy);
  };
  const told = (kind: RawEvent['kind'], fields: Record<string, unknown>): RawEvent => {
    const event: RawEvent = { kind, line: dirty(fields) };
    if (random() < doubled) again.push({ event, after: 1 + below(60) });
    return event;
  };

  for (;;) {
    const nowMs = now();
    for (const each of again) each.after -= 1;
    const due = again.findIndex(({ after }) => after <= 0);
    if (due !== -1) {
      yield again.splice(due, 1)[0]!.event;
      continue;
    }
    const bought = waiting.findIndex(({ atMs }) => atMs <= nowMs);
    if (bought !== -1) {
      const { atMs, customer, product } = waiting.splice(bought, 1)[0]!;
      orders += 1;
      yield told('order', { id: `o-${run}-${orders}`, at: atMs, customer, product, quantity: 1 + below(3) });
      continue;
    }
    const customer = pick(customerIds);
    // Few products are looked at often.
    const product = productIds[Math.floor(productIds.length * random() ** 2)]!;
    const atMs = nowMs - (random() < late ? below(lateMsMax) : below(1_500));
    clicks += 1;
    if (random() < orderShare && waiting.length < ordersWaitingMax)
      waiting.push({ atMs: atMs + 1_000 + below(orderAfterMsMax), customer, product });
    const page = pick(['/', '/search', `/products/${product}`, `/products/${product}`, '/basket']);
    yield told('click', { id: `k-${run}-${clicks}`, at: atMs, customer, product, page });
  }
}

/** A small random number generator with a state of 32 bits. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
