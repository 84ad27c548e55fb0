/** The queries of the kit that runs the same work on other engines, written as anybody would write them: in the DSL, no step made for this. */
import { hopping, StreamsBuilder, serdes, type Topology, tumbling, within } from '../../index.ts';

export interface KitQuery {
  /** Input topics; the second is the other side of a join. */
  readonly sources: readonly [string, string];
  readonly output: string;
  /** Counts a record that was read. */
  onRead(): void;
  /** Counts a record that has come out of a repartition topic. */
  onRepartitioned(): void;
}

interface Order {
  id: number;
  city: string;
  item: string;
  amount: number;
  status: string;
}

interface Gross {
  id: number;
  city: string;
  gross: number;
  tag: string;
}

interface Count {
  service_id: string;
  window_start: number;
  cnt: number;
}

interface User {
  name: string;
  level: string;
}

interface Click {
  click_id: number;
  user_id: string;
  page: string;
}

interface Sale {
  order_id: string;
  item: string;
}

interface Shipment {
  ship_id: number;
  carrier: string;
}

interface Sum {
  account: string;
  window_start: number;
  total: number;
}

const dayMs = 86_400_000;
const hourMs = 3_600_000;

const orders = serdes.json<Order>({ fields: ['id', 'city', 'item', 'amount', 'status'] });
const events = serdes.json<{ service_id: string }>({ fields: ['service_id'] });
const users = serdes.json<User>({ fields: ['name', 'level'] });
const clicks = serdes.json<Click>({ fields: ['click_id', 'user_id', 'page'] });
const sales = serdes.json<Sale>({ fields: ['order_id', 'item'] });
const shipments = serdes.json<Shipment>({ fields: ['ship_id', 'carrier'] });
const payments = serdes.json<{ amount: number }>({ fields: ['amount'] });
const grosses = serdes.json<Gross>({ fields: ['id', 'city', 'gross', 'tag'] });
const counts = serdes.json<Count>({ fields: ['service_id', 'window_start', 'cnt'] });
const pages = serdes.json<Click & User>({ fields: ['click_id', 'user_id', 'page', 'name', 'level'] });
const deliveries = serdes.json<Sale & Shipment>({ fields: ['order_id', 'ship_id', 'item', 'carrier'] });
const sums = serdes.json<Sum>({ fields: ['account', 'window_start', 'total'] });
const { bytes, long } = serdes;
const nothing: Uint8Array = new Uint8Array(0);

/** What orders above 500 that were not cancelled come to with tax. */
function grossOfOrders({ onRead, output, sources }: KitQuery): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream<string, Order>(sources[0], { value: orders })
    .peek(onRead)
    .filter(({ amount, status }) => amount > 500 && status !== 'CANCELLED')
    .mapValues(({ amount, city, id, item, status }) => ({
      id,
      city: city.toUpperCase(),
      gross: amount * 1.2,
      tag: `${item}-${status}`,
    }))
    .to(output, { value: grosses });
  return builder.build();
}

/** How many events of each service a day: by a field of the value, or by the key. */
function eventsOfDays({ onRead, onRepartitioned, output, sources }: KitQuery, isRepartitioned: boolean): Topology {
  const builder = new StreamsBuilder();
  const source = builder.stream<string, { service_id: string }>(sources[0], { value: events }).peek(onRead);
  const keyed = isRepartitioned
    ? source
        .map(({ service_id }) => [service_id, nothing])
        .repartition({ key: serdes.string, value: bytes })
        .peek(onRepartitioned)
    : source.mapValues(() => nothing);
  keyed
    .groupByKey({ value: bytes })
    .windowedBy(tumbling(dayMs, { graceMs: dayMs }))
    .count()
    .toStream()
    .map((cnt, { key, window }) => [key, { service_id: key, window_start: window.startMs, cnt }])
    .to(output, { key: serdes.string, value: counts });
  return builder.build();
}

/** Clicks with the name and the level of who clicked. */
function clicksOfUsers({ onRead, output, sources }: KitQuery): Topology {
  const builder = new StreamsBuilder();
  const table = builder.table<string, User>(sources[1], { value: users });
  builder
    .stream<string, Click>(sources[0], { value: clicks })
    .peek(onRead)
    .join(table, ({ click_id, page, user_id }, { level, name }) => ({ click_id, user_id, page, name, level }))
    .to(output, { value: pages });
  return builder.build();
}

/** Sales with what was shipped of them up to ten minutes before or after. */
function shipmentsOfSales({ onRead, output, sources }: KitQuery): Topology {
  const builder = new StreamsBuilder();
  const shipped = builder.stream<string, Shipment>(sources[1], { value: shipments }).peek(onRead);
  builder
    .stream<string, Sale>(sources[0], { value: sales })
    .peek(onRead)
    .join(
      shipped,
      ({ item, order_id }, { carrier, ship_id }) => ({ order_id, ship_id, item, carrier }),
      within(600_000, { graceMs: hourMs }),
      { value: sales, otherValue: shipments },
    )
    .to(output, { value: deliveries });
  return builder.build();
}

/** What each account has paid in an hour, each quarter of an hour. */
function paymentsOfHours({ onRead, output, sources }: KitQuery): Topology {
  const builder = new StreamsBuilder();
  builder
    .stream<string, { amount: number }>(sources[0], { value: payments })
    .peek(onRead)
    .mapValues(({ amount }) => amount)
    .groupByKey({ value: long })
    .windowedBy(hopping(hourMs, hourMs / 4, { graceMs: hourMs }))
    .reduce((total, amount) => total + amount)
    .toStream()
    .map((total, { key, window }) => [key, { account: key, window_start: window.startMs, total }])
    .to(output, { key: serdes.string, value: sums });
  return builder.build();
}

export const kitQueries: Readonly<Record<string, (query: KitQuery) => Topology>> = {
  q1: grossOfOrders,
  q2: (query) => eventsOfDays(query, true),
  q2k: (query) => eventsOfDays(query, false),
  q3: clicksOfUsers,
  q4: shipmentsOfSales,
  q5: paymentsOfHours,
};

/** Queries that read each record a second time, out of a repartition topic. */
export const repartitioned: ReadonlySet<string> = new Set(['q2']);
