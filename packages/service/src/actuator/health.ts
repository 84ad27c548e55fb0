import { patience } from './patience.ts';

export type HealthStatus = 'UP' | 'DOWN' | 'OUT_OF_SERVICE' | 'UNKNOWN' | 'STARTING';

export interface ComponentHealth {
  status: HealthStatus;
  details?: Record<string, unknown>;
}

/**
 * Tells how something is that the service needs. May take two seconds, not counting those in which the process was held up; what it throws is DOWN with the
 * reason. The signal aborts when it has taken too long.
 */
export type HealthCheck = (
  signal: AbortSignal,
) => ComponentHealth | HealthStatus | boolean | Promise<ComponentHealth | HealthStatus | boolean>;

export interface HealthComponentOptions {
  /** Groups that it counts for. Default `readiness`: without it no requests should come here. */
  groups?: readonly ('readiness' | 'liveness')[];
  /** Not counted at all: shown only. */
  isOptional?: boolean;
}

export interface Health {
  status: HealthStatus;
  components?: Record<string, ComponentHealth>;
  groups?: readonly string[];
}

interface Component {
  check: HealthCheck;
  groups: readonly string[];
  isOptional: boolean;
}

/** Worst first, as Spring Boot's aggregator has it. */
const order: readonly HealthStatus[] = ['DOWN', 'OUT_OF_SERVICE', 'STARTING', 'UP', 'UNKNOWN'];

/** How a service is: its components, and the two questions that orchestrators ask (is it alive, may requests come). */
export class HealthRegistry {
  readonly #components = new Map<string, Component>();
  readonly #checkTimeoutMs: number;
  /** Set while the service starts and stops. */
  state: HealthStatus = 'STARTING';

  constructor({ checkTimeoutMs = 2_000 }: { checkTimeoutMs?: number } = {}) {
    this.#checkTimeoutMs = checkTimeoutMs;
  }

  add(name: string, check: HealthCheck, options: HealthComponentOptions = {}): void {
    this.#components.set(name, {
      check,
      groups: options.groups ?? ['readiness'],
      isOptional: options.isOptional ?? false,
    });
  }

  /** The whole, or one group. */
  async look(group?: string): Promise<Health> {
    const components: Record<string, ComponentHealth> = {};
    const counted: HealthStatus[] = [];
    const isLiveness = group === 'liveness';
    if (!isLiveness) {
      components['readinessState'] = { status: this.state };
      counted.push(this.state);
    }
    if (group === undefined || isLiveness) {
      components['livenessState'] = { status: 'UP' };
      counted.push('UP');
    }
    await Promise.all(
      [...this.#components].map(async ([name, component]) => {
        if (group !== undefined && !component.groups.includes(group)) return;
        components[name] = { status: 'UNKNOWN' };
        const health = await lookAt(component.check, this.#checkTimeoutMs);
        components[name] = health;
        if (!component.isOptional) counted.push(health.status);
      }),
    );
    const status = order.find((candidate) => counted.includes(candidate)) ?? 'UNKNOWN';
    return { status, components, ...(group === undefined && { groups: ['liveness', 'readiness'] }) };
  }

  async component(name: string): Promise<ComponentHealth | undefined> {
    const component = this.#components.get(name);
    if (component !== undefined) return await lookAt(component.check, this.#checkTimeoutMs);
    if (name === 'readinessState') return { status: this.state };
    return name === 'livenessState' ? { status: 'UP' } : undefined;
  }
}

/** The status that HTTP gives it: requests should not come here. */
export function httpStatusOf(status: HealthStatus): number {
  return status === 'UP' || status === 'UNKNOWN' ? 200 : 503;
}

async function lookAt(check: HealthCheck, timeoutMs: number): Promise<ComponentHealth> {
  const { signal, stop } = patience(timeoutMs);
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  try {
    const result = await Promise.race([check(signal), late]);
    if (typeof result === 'boolean') return { status: result ? 'UP' : 'DOWN' };
    return typeof result === 'string' ? { status: result } : result;
  } catch (error) {
    return { status: 'DOWN', details: { error: error instanceof Error ? error.message : String(error) } };
  } finally {
    stop();
  }
}
