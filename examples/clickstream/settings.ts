import type { createService } from '@headwater/service';

/** What a service is told: addresses and settings, by the names of its environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface RunningService {
  url: string;
  /** Ends when there is nothing left to do; rejects when it had to stop. */
  finished: Promise<void>;
  /** Stops cleanly. May be called twice. */
  close(): Promise<void>;
}

export interface StartOptions {
  /** Default: the service's own, JSON lines to standard output. */
  logger?: NonNullable<Parameters<typeof createService>[0]['logger']>;
}

export class ClickstreamError extends Error {
  readonly code: 'HW_CLICKSTREAM_CONFIG';

  constructor(message: string) {
    super(message);
    this.name = 'ClickstreamError';
    this.code = 'HW_CLICKSTREAM_CONFIG';
  }
}

export function text(env: Environment, name: string, fallback: string): string {
  const value = env[name]?.trim();
  return value === undefined || value === '' ? fallback : value;
}

/** @throws ClickstreamError naming the variable and what to give */
export function number(env: Environment, name: string, fallback: number, min: number, max: number): number {
  const value = Number(text(env, name, String(fallback)));
  if (value >= min && value <= max) return value;
  throw new ClickstreamError(`${name} is "${env[name]}": give a number from ${min} to ${max}`);
}

export const topics = {
  clicksRaw: 'clicks-raw',
  ordersRaw: 'orders-raw',
  products: 'products',
  customers: 'customers',
  /** What the three jobs make of it: documents. */
  result: 'clickstream',
} as const;
