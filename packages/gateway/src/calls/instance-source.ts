/** An instance of a service as discovery tells it: what `@headwater/service/discovery` gives. */
export interface DiscoveredInstance {
  readonly instanceId: string;
  /** `http://host:port`. */
  readonly url: string;
  /** `weight` (a number above 0) and `zone` are used by the balancer. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly status?: string;
}

/** Where the instances behind `lb://name` come from. A `DiscoveryClient` is one. */
export interface InstanceSource {
  /** Those that are UP, by a name in any case, from memory. */
  instances(service: string): readonly DiscoveredInstance[];
  onChange(listener: (services: ReadonlySet<string>) => void): () => void;
  readonly state: {
    /** `never`: nothing is known yet; `stale`: what was known last, because the registry does not answer. */
    readonly status: 'never' | 'current' | 'stale';
    readonly lastFetchMs: number | null;
    readonly error: string | null;
    readonly isWatching?: boolean;
  };
}

/** `discovery has not answered yet (ECONNREFUSED)`; `as discovery said 12 s ago (it does not answer now: …)`. */
export function ageOf({ status, lastFetchMs, error }: InstanceSource['state'], nowMs = Date.now()): string {
  if (status === 'never' || lastFetchMs === null)
    return `discovery has not answered yet${error === null ? '' : ` (${error})`}`;
  const seconds = Math.max(0, Math.round((nowMs - lastFetchMs) / 1_000));
  return status === 'current'
    ? `as discovery said ${seconds} s ago`
    : `as discovery said ${seconds} s ago; it does not answer now${error === null ? '' : ` (${error})`}`;
}
