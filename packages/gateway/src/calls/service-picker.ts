import { HttpError } from '@headwater/http';
import { type BalancerStrategy, balancerStrategies } from '@headwater/resilience';
import { GatewayError } from '../errors.ts';
import type { Call } from '../stages/call.ts';
import type { End, Instance, InstancePicker, RetryPolicy } from '../stages/policies.ts';
import type { BalancedService, ServiceInstance } from './balanced-service.ts';

/** Connections that were refused are tried at so many other instances. */
const unsentRetriesMax = 3;
/** What of a body can be on its way before a connection is there. */
const keptBodyMaxBytes = 128 * 1024;

/**
 * Chooses among the instances of a service for one route, by its metadata: `load-balancer` (roundRobin, leastRequests, powerOfTwo),
 * `sticky-header` or `sticky-cookie` (the name of a field whose value leads to the same instance; a value that is an instance's id
 * leads to that one, as with Spring's `sc-lb-instance-id`).
 *
 * A call that could not be sent at all is sent to another instance, whatever its method, within a budget.
 */
export class ServicePicker implements InstancePicker {
  readonly retry: RetryPolicy;
  readonly #service: BalancedService;
  readonly #whyNone: () => string;
  readonly #strategy: BalancerStrategy | undefined;
  readonly #keyOf: ((call: Call) => string | undefined) | undefined;

  /** Throws GatewayError for metadata that is wrong. */
  constructor(service: BalancedService, metadata: Readonly<Record<string, unknown>>, whyNone: () => string) {
    this.#service = service;
    this.#whyNone = whyNone;
    this.#strategy = strategyOf(metadata['load-balancer']);
    this.#keyOf = keyOf(metadata);
    this.retry = {
      maxBodyBytes: keptBodyMaxBytes,
      delayMs: (call, end) => {
        if (call.retries === 0) service.budget.deposit();
        const isWorthIt = end.isUnsent && end.error !== undefined && elsewhere.has(end.error.code);
        const others = Math.min(service.instances.length - 1, unsentRetriesMax);
        return isWorthIt && call.retries < others && service.budget.tryWithdraw() ? 0 : undefined;
      },
    };
  }

  pick(call: Call): Instance {
    const picked = this.#service.pick(call, { strategy: this.#strategy, key: this.#keyOf?.(call) });
    if (picked !== undefined) return picked;
    throw new HttpError(
      503,
      'HW_GATEWAY_NO_INSTANCE',
      `no instance of "${this.#service.name}" is UP (${this.#whyNone()})`,
      { service: this.#service.name },
      undefined,
      { 'retry-after': '1' },
    );
  }

  done(instance: Instance, end: End): void {
    this.#service.done(instance as ServiceInstance, end);
  }

  origins(): Iterable<string> {
    return this.#service.instances.map(({ origin }) => origin);
  }
}

/** Failures that another instance need not have. */
const elsewhere = new Set(['HW_GATEWAY_UPSTREAM_DOWN', 'HW_GATEWAY_UPSTREAM_TIMEOUT', 'HW_GATEWAY_UPSTREAM_BUSY']);

function strategyOf(value: unknown): BalancerStrategy | undefined {
  if (value === undefined) return undefined;
  const plain = String(value).toLowerCase().replace(/[-_]/g, '');
  const strategy = balancerStrategies.find((each) => each.toLowerCase() === plain);
  if (strategy === undefined)
    throw new GatewayError(
      'HW_GATEWAY_BAD_ROUTE',
      `metadata load-balancer must be one of ${balancerStrategies.join(', ')}, not ${JSON.stringify(value)}`,
    );
  return strategy;
}

function keyOf(metadata: Readonly<Record<string, unknown>>): ((call: Call) => string | undefined) | undefined {
  const header = metadata['sticky-header'];
  const cookie = metadata['sticky-cookie'];
  if (header === undefined && cookie === undefined) return undefined;
  for (const name of [header, cookie])
    if (name !== undefined && (typeof name !== 'string' || !/^[\w!#$%&'*+.^`|~-]+$/.test(name)))
      throw new GatewayError(
        'HW_GATEWAY_BAD_ROUTE',
        `metadata sticky-header and sticky-cookie must be the name of a header or cookie, not ${JSON.stringify(name)}`,
      );
  const field = header === undefined ? undefined : String(header).toLowerCase();
  return (call) => {
    const value = field === undefined ? undefined : call.req.headers[field];
    const found = Array.isArray(value) ? value[0] : value;
    return found ?? (cookie === undefined ? undefined : call.request.cookies.get(String(cookie))?.[0]);
  };
}
