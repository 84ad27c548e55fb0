import type { Span, SpanKind } from '../src/spans/span.ts';

const services = ['front', 'orders', 'stock', 'billing', 'mail'];
const brokers = ['kafka', 'rabbit'];
const names = ['get /a', 'post /b', 'query', 'send'];

/** Numbers from a seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * Traces as instrumented services send them, and as they arrive when something is missing: calls with both sides under one id (B3) or two
 * (OpenTelemetry), spans within a service, messages, databases that report nothing, errors on one side or both, sides that were lost.
 *
 * @param startMicros around when they begin
 */
export function randomTraces(random: () => number, count: number, startMicros: number): Span[][] {
  const pick = <Value>(list: readonly Value[]): Value => list[Math.floor(random() * list.length)]!;
  const hex = (digits: number): string => {
    let text = '';
    while (text.length < digits) text += Math.floor(random() * 16).toString(16);
    return /^0/.test(text) ? `1${text.slice(1)}` : text;
  };
  return Array.from({ length: count }, () => {
    const traceId = hex(random() < 0.5 ? 16 : 32);
    const isB3 = random() < 0.5;
    const spans: Span[] = [];
    let clock = startMicros + Math.floor(random() * 60_000_000);
    const base = (kind: SpanKind | undefined, service: string, id: string, parentId: string | undefined): Span => {
      clock += 1 + Math.floor(random() * 1_000);
      const span: Span = { traceId, ...(parentId !== undefined && { parentId }), id };
      if (kind !== undefined) span.kind = kind;
      span.name = pick(names);
      span.timestamp = clock;
      span.duration = 1 + Math.floor(random() * 100_000);
      span.localEndpoint = { serviceName: service };
      const tags: Record<string, string> = {};
      if (random() < 0.3) tags['http.method'] = pick(['GET', 'POST']);
      if (random() < 0.15) tags['error'] = pick(['', 'true', 'timeout']);
      if (Object.keys(tags).length > 0) span.tags = tags;
      if (random() < 0.2) span.annotations = [{ timestamp: clock, value: pick(['retry', 'cache.miss']) }];
      return span;
    };
    const work = (service: string, parentId: string, depth: number): void => {
      const calls = depth > 3 ? 0 : Math.floor(random() * 3);
      for (let i = 0; i < calls; i++) {
        let above = parentId;
        if (random() < 0.2) {
          const local = base(undefined, service, hex(16), above);
          spans.push(local);
          above = local.id;
        }
        const what = random();
        if (what < 0.15) {
          const database = base('CLIENT', service, hex(16), above);
          database.remoteEndpoint = { serviceName: 'postgres' };
          spans.push(database);
        } else if (what < 0.35) {
          const broker = pick(brokers);
          const sent = base('PRODUCER', service, hex(16), above);
          sent.remoteEndpoint = { serviceName: broker };
          spans.push(sent);
          const other = pick(services);
          const taken = base('CONSUMER', other, hex(16), sent.id);
          if (random() < 0.8) taken.remoteEndpoint = { serviceName: broker };
          spans.push(taken);
          work(other, taken.id, depth + 1);
        } else {
          const other = pick(services);
          const client = base('CLIENT', service, hex(16), above);
          if (random() < 0.7) client.remoteEndpoint = { serviceName: other };
          const server = base('SERVER', other, isB3 ? client.id : hex(16), isB3 ? above : client.id);
          if (isB3) server.shared = true;
          if (random() < 0.3) server.remoteEndpoint = { serviceName: service };
          if (random() < 0.92) spans.push(client);
          if (random() < 0.92) spans.push(server);
          work(other, server.id, depth + 1);
        }
      }
    };
    const service = pick(services);
    const root = base(random() < 0.9 ? 'SERVER' : undefined, service, traceId.slice(-16), undefined);
    spans.push(root);
    work(service, root.id, 0);
    // They arrive as they like.
    for (let i = spans.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [spans[i], spans[j]] = [spans[j]!, spans[i]!];
    }
    return spans;
  });
}
