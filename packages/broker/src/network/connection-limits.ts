import { BrokerError } from '../broker-error.ts';

export interface ConnectionLimitsOptions {
  /** `max.connections` */
  max(): number;
  /** `max.connections` of a listener. */
  maxOfListener(listenerName: string): number;
  /** `max.connections.per.ip` */
  maxPerIp(): number;
  /** `max.connections.per.ip.overrides`, a text like `127.0.0.1:200,kafka.example:100` */
  overrides(): string;
}

/** Counts connections in all, by listener and by address, from being accepted until they are closed. */
export class ConnectionLimits {
  readonly #options: ConnectionLimitsOptions;
  readonly #byIp = new Map<string, number>();
  readonly #byListener = new Map<string, number>();
  #overridesText: string;
  #overrides: ReadonlyMap<string, number>;
  #count = 0;

  /** @throws BrokerError HW_BROKER_CONFIG */
  constructor(options: ConnectionLimitsOptions) {
    this.#options = options;
    this.#overridesText = options.overrides();
    this.#overrides = parseIpOverrides(this.#overridesText);
  }

  get count(): number {
    return this.#count;
  }

  /** Counts a connection in; gives the setting that forbids it instead when there are too many. */
  admit(ip: string, listenerName: string): string | null {
    const { max, maxOfListener } = this.#options;
    if (this.#count >= max()) return 'max.connections';
    const onListener = this.#byListener.get(listenerName) ?? 0;
    if (onListener >= maxOfListener(listenerName)) return `listener.name.${listenerName.toLowerCase()}.max.connections`;
    const fromIp = this.#byIp.get(ip) ?? 0;
    if (fromIp >= this.#maxFrom(ip)) return 'max.connections.per.ip';
    this.#count++;
    this.#byListener.set(listenerName, onListener + 1);
    this.#byIp.set(ip, fromIp + 1);
    return null;
  }

  release(ip: string, listenerName: string): void {
    this.#count--;
    lower(this.#byIp, ip);
    lower(this.#byListener, listenerName);
  }

  #maxFrom(ip: string): number {
    const text = this.#options.overrides();
    if (text !== this.#overridesText) {
      this.#overridesText = text;
      try {
        this.#overrides = parseIpOverrides(text);
      } catch {
        // Changed to nonsense while the broker runs: what held before still does.
      }
    }
    return this.#overrides.get(ip) ?? this.#options.maxPerIp();
  }
}

function lower(counts: Map<string, number>, key: string): void {
  const count = (counts.get(key) ?? 1) - 1;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}

/** @throws BrokerError HW_BROKER_CONFIG */
export function parseIpOverrides(text: string): Map<string, number> {
  const overrides = new Map<string, number>();
  for (const item of text.split(',').map((part) => part.trim())) {
    if (item === '') continue;
    const match = /^\[?([0-9a-fA-F.:]+)\]?:(\d+)$/.exec(item);
    if (match === null) {
      const message = `max.connections.per.ip.overrides has "${item}"; it must be an address and a number, such as 10.0.0.7:100.`;
      throw new BrokerError('HW_BROKER_CONFIG', message);
    }
    overrides.set(match[1]!, Number(match[2]));
  }
  return overrides;
}
