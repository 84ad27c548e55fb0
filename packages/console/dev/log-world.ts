import { pick, seededRandom } from './random.ts';
import type { TraceWorld } from './trace-world.ts';
import type { World } from './world.ts';

export interface FixtureLine {
  id: string;
  source: Record<string, unknown> & { timestampMs: number };
}

const shapes = [
  { service: 'gateway', level: 'INFO', logger: 'access', template: '<*> <*> answered <*> in <*> ms' },
  { service: 'query-service', level: 'INFO', logger: 'search', template: 'found <*> documents for <*>' },
  { service: 'streams', level: 'DEBUG', logger: 'streams', template: 'task <*> committed <*> records' },
  { service: 'kafka-to-elastic', level: 'INFO', logger: 'sink', template: 'indexed <*> documents up to offset <*>' },
  { service: 'query-service', level: 'WARN', logger: 'client', template: 'streams answered slowly: <*> ms' },
  { service: 'streams', level: 'WARN', logger: 'streams', template: 'rebalance took <*> ms' },
  { service: 'query-service', level: 'ERROR', logger: 'client', template: 'streams did not answer within <*> s' },
] as const;

const stack = `TimeoutError: streams did not answer within 2 s
    at callService (/app/src/call-service.ts:88:11)
    at countOf (/app/src/query/count-of.ts:31:22)
    at answerDocuments (/app/src/query/documents.ts:57:19)`;

export const injectedLineId = 'headwater-logs-0-9001';
export const giantLineId = 'headwater-logs-0-9002';

/** Made-up lines over the last hour, one burst of errors among them, one that tries to forge others, one that is too long. */
export class LogWorld {
  readonly lines: FixtureLine[] = [];
  private readonly random: () => number;
  private readonly world: World;
  private offset = 0;

  constructor({ seed, world, traces, isEmpty }: { seed: number; world: World; traces: TraceWorld; isEmpty: boolean }) {
    this.random = seededRandom(seed + 2000);
    this.world = world;
    if (isEmpty) return;
    const now = world.startedAt;
    const traceIds = traces.traces.slice(0, 80).map((spans) => spans[0]!.traceId);
    for (let index = 1400; index > 0; index -= 1) {
      const isBurst = index > 500 && index < 590 && index % 3 === 0;
      const shape = isBurst ? shapes[6] : this.ordinary();
      this.add(now - index * 2500 - 5000, shape, traceIds[Math.floor(index / 18) % traceIds.length]);
    }
    this.special(
      now - 65_000,
      injectedLineId,
      'login failed for \u001b[31madmin\u001b[0m\n2026-01-01 00:00:00 INFO login of root accepted \u202egnp.exe',
    );
    this.special(now - 64_000, giantLineId, `dump: ${'0123456789abcdef'.repeat(4000)}`);
  }

  /** One more, now: also a record of the topic. */
  write(level: string, message: string, more: Record<string, unknown> = {}): FixtureLine {
    const record = {
      timestampMs: Date.now(),
      service: 'orders',
      instance: 'orders-1',
      level,
      message,
      source: 'tcp',
      ...more,
    };
    const { partition, offset } = this.world.produce('headwater-logs', JSON.stringify(record), 'orders');
    return this.keep(`headwater-logs-${partition}-${offset}`, record);
  }

  private ordinary(): (typeof shapes)[number] {
    const place = this.random();
    return place < 0.004
      ? shapes[6]
      : place < 0.05
        ? pick(this.random, shapes.slice(4, 6))
        : pick(this.random, shapes.slice(0, 4));
  }

  private add(timestampMs: number, shape: (typeof shapes)[number], traceId: string | undefined): void {
    const { random } = this;
    let place = 0;
    const words = ['GET', '/query/documents', random() < 0.04 ? '503' : '200', String(Math.ceil(random() * 90))];
    const message = shape.template.replace(/<\*>/g, () =>
      shape.logger === 'access' ? words[place++]! : String(Math.ceil(random() * 480)),
    );
    const partition = Math.floor(random() * 3);
    this.keep(`headwater-logs-${partition}-${this.offset++}`, {
      timestampMs: Math.round(timestampMs),
      service: shape.service,
      instance: `${shape.service}-${1 + Math.floor(random() * 2)}`,
      level: shape.level,
      message,
      template: shape.template,
      logger: shape.logger,
      thread: 'main',
      source: shape.service === 'gateway' ? 'otlp' : 'tcp',
      host: 'node-1',
      ...(traceId !== undefined && { traceId }),
      ...(shape.level === 'ERROR' && { stack, correlationId: '9e1b7a44' }),
      attributes: { 'http.route': '/documents', tenant: pick(random, ['blue', 'green', 'red']) },
    });
  }

  private special(timestampMs: number, id: string, message: string): void {
    this.keep(id, {
      timestampMs,
      service: 'login',
      instance: 'login-1',
      level: 'WARN',
      message,
      source: 'syslog',
      host: 'edge-2',
    });
  }

  private keep(id: string, source: Record<string, unknown> & { timestampMs: number }): FixtureLine {
    const line = { id, source: { ...source, '@timestamp': new Date(source.timestampMs).toISOString() } };
    this.lines.push(line);
    return line;
  }
}
