import { type Customer, customers, type Product, products } from '../click-source/catalog.ts';

/** What the three jobs must have made of raw lines, worked out in memory by plain loops. */
export interface Recount {
  /** `<topic> <reason>` → how many. */
  deadLetters: Map<string, number>;
  /** `<minute> <product>` → clicks. */
  clicksPerProduct: Map<string, number>;
  /** `<minute> <page>` → clicks. */
  clicksPerPage: Map<string, number>;
  /** By the order's id. */
  documents: Map<string, Record<string, unknown>>;
  /** `<segment> <category>` → orders, cents, clicks. */
  sales: Map<string, readonly [orders: number, totalCents: number, clicks: number]>;
}

type Fields = Record<string, unknown>;

interface Click {
  customer: string;
  product: string;
  page: string;
  at: number;
}

interface Order extends Omit<Click, 'page'> {
  id: string;
  quantity: number;
}

const minuteMs = 60_000;
const beforeOrderMs = 10 * minuteMs;

export function recountOf(clickLines: readonly string[], orderLines: readonly string[]): Recount {
  const deadLetters = new Map<string, number>();
  const cleanse = (
    topic: string,
    lines: readonly string[],
    wrong: (fields: Fields) => string | null,
  ): Map<string, Fields> => {
    const byId = new Map<string, Fields>();
    for (const line of lines) {
      const fields = parsed(line);
      const reason = fields === null ? 'not JSON' : (missing(fields) ?? wrong(fields));
      if (reason !== null) add(deadLetters, `${topic} ${reason}`);
      else if (!byId.has(String(fields!['id']))) byId.set(String(fields!['id']), fields!);
    }
    return byId;
  };
  const clicks = [
    ...cleanse('clicks-raw', clickLines, ({ page }) =>
      typeof page === 'string' && page.startsWith('/') ? null : 'page is no path',
    ).values(),
  ] as unknown as Click[];
  const orders = [
    ...cleanse('orders-raw', orderLines, ({ quantity }) =>
      typeof quantity === 'number' && quantity >= 1 ? null : 'quantity is no number from 1 on',
    ).values(),
  ] as unknown as Order[];

  const clicksPerProduct = new Map<string, number>();
  const clicksPerPage = new Map<string, number>();
  for (const { at, page, product } of clicks) {
    const minute = at - (at % minuteMs);
    add(clicksPerProduct, `${minute} ${product}`);
    add(clicksPerPage, `${minute} ${page}`);
  }

  const byInterest = Map.groupBy(clicks, interestOf);
  const documents = new Map<string, Record<string, unknown>>();
  const sales = new Map<string, readonly [number, number, number]>();
  for (const order of orders) {
    const led = (byInterest.get(interestOf(order)) ?? []).filter(
      ({ at }) => at <= order.at && at >= order.at - beforeOrderMs,
    );
    const document = documentOf(
      order,
      led.map(({ at }) => at),
    );
    documents.set(order.id, document);
    const key = `${document['segment']} ${document['category']}`;
    const [count, cents, from] = sales.get(key) ?? [0, 0, 0];
    sales.set(key, [count + 1, cents + (document['totalCents'] as number), from + led.length]);
  }
  return { deadLetters, clicksPerProduct, clicksPerPage, documents, sales };
}

function interestOf({ customer, product }: Pick<Click, 'customer' | 'product'>): string {
  return `${customer} ${product}`;
}

function documentOf({ at, customer, product, quantity }: Order, clickedAt: readonly number[]): Record<string, unknown> {
  const { country, name, segment } = customers.get(customer) as Customer;
  const { category, priceCents, title } = products.get(product) as Product;
  const after = clickedAt.length === 0 ? ' at once' : ` after ${clickedAt.length} clicks`;
  return {
    text: `${name} (${segment}, ${country}) ordered ${quantity} × ${title}${after}`,
    orderedAt: at,
    customer,
    customerName: name,
    segment,
    country,
    product,
    title,
    category,
    quantity,
    totalCents: quantity * priceCents,
    clicks: clickedAt.length,
    ...(clickedAt.length > 0 && { secondsFromFirstClick: Math.floor((at - Math.min(...clickedAt)) / 1_000) }),
  };
}

function parsed(line: string): Fields | null {
  try {
    return JSON.parse(line) as Fields;
  } catch {
    return null;
  }
}

function missing({ at, customer, id, product }: Fields): string | null {
  if (id === undefined || id === null) return 'no id';
  if (customer === undefined || customer === null) return 'no customer';
  if (product === undefined || product === null) return 'no product';
  return typeof at === 'number' ? null : 'at is no time';
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
