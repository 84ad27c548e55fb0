import type { DiscoveryEvent, RegistryView, ServiceInstance } from '../src/api/discovery.ts';

/** A made-up registry: instances of every state, of which one can be taken out of service, put back and removed. */
export class FixtureRegistry {
  readonly #instances = new Map<string, ServiceInstance>();
  readonly #events: DiscoveryEvent[] = [];

  constructor(hasServices: boolean) {
    if (!hasServices) return;
    const nowMs = Date.now();
    const add = (service: string, number: number, status: string, more: Partial<ServiceInstance> = {}): void => {
      const instanceId = `${service.toLowerCase()}:${8000 + number}`;
      this.#instances.set(`${service}/${instanceId}`, {
        service,
        instanceId,
        status,
        reportedStatus: status,
        override: null,
        hostName: '127.0.0.1',
        ipAddr: '127.0.0.1',
        port: { port: 8000 + number, isEnabled: true },
        securePort: { port: 443, isEnabled: false },
        vipAddress: service.toLowerCase(),
        healthCheckUrl: `http://127.0.0.1:${8000 + number}/actuator/health`,
        metadata: { zone: number % 2 === 0 ? 'a' : 'b', build: '7' },
        registeredMs: nowMs - 3_600_000,
        upSinceMs: status === 'UP' ? nowMs - 3_600_000 : 0,
        lastHeartbeatMs: nowMs - 4_000,
        lease: {
          durationSeconds: 90,
          renewalIntervalSeconds: 30,
          leftMs: 86_000,
          isExpired: false,
          heldBy: '5f0c9a1b2d3e',
        },
        why: {
          listed: 'It was heard 4.0 s ago; its lease of 90 s runs for 86 s more.',
          status: `It says so itself when it registers: ${status}.`,
        },
        ...more,
      });
    };
    add('ORDERS', 80, 'UP');
    add('ORDERS', 81, 'UP');
    add('BILLING', 90, 'DOWN');
    add('MAILER', 95, 'STARTING');
    add('ARCHIVE', 99, 'UP', {
      lastHeartbeatMs: nowMs - 130_000,
      lease: {
        durationSeconds: 90,
        renewalIntervalSeconds: 30,
        leftMs: -40_000,
        isExpired: true,
        heldBy: '5f0c9a1b2d3e',
      },
      why: {
        listed:
          'It was heard 130 s ago, and its lease of 90 s ran out 40 s ago. Self-preservation keeps it: 5 of 12 instances fell silent within 60 s.',
        status: 'It says so itself when it registers: UP.',
      },
    });
  }

  /** Null: 404. */
  answer(method: string, path: string, query: URLSearchParams): unknown {
    const [, first, ...rest] = path.split('/').map(decodeURIComponent);
    if (method === 'GET' && path === '/instances') return this.#view();
    if (first === 'instances' && rest.length === 3) {
      const instance = this.#instances.get(`${rest[0]}/${rest[1]}`);
      return instance === undefined ? null : { why: instance.why, history: [...this.#events].reverse() };
    }
    if (first !== 'eureka' || rest[0] !== 'apps') return null;
    const key = `${rest[1]}/${rest[2]}`;
    const instance = this.#instances.get(key);
    if (instance === undefined) return null;
    const status = query.get('value') ?? 'UNKNOWN';
    if (rest[3] !== 'status') this.#instances.delete(key);
    else if (method === 'PUT') {
      const override = { status, sinceMs: Date.now(), by: '127.0.0.1' };
      this.#instances.set(key, { ...instance, status, override });
    } else this.#instances.set(key, { ...instance, status, override: null });
    this.#events.push({
      id: this.#events.length + 1,
      timestampMs: Date.now(),
      event: 'OVERRIDE',
      status,
      reason: `${method === 'PUT' ? 'overridden' : 'override removed'}: ${status}`,
      address: '127.0.0.1',
    });
    return {};
  }

  #view(): RegistryView {
    const services = Map.groupBy(this.#instances.values(), ({ service }) => service);
    const isProtecting = this.#instances.size > 0;
    return {
      services: Array.from(services, ([name, instances]) => ({ name, instances })),
      selfPreservation: {
        isProtecting,
        explanation: isProtecting
          ? '5 of 12 instances fell silent within 60 s, more than the 1 that may: the network is suspected, and nobody is evicted.'
          : '',
      },
      server: {
        name: '5f0c9a1b2d3e',
        instances: this.#instances.size,
        heartbeatsLastMinute: 10,
        sharing: { isConnected: true, explanation: '', servers: [] },
      },
    };
  }
}
