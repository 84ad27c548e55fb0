/** What a receiver was told of a group last: Alertmanager's notification log. */
export interface Notified {
  readonly atMs: number;
  readonly firing: readonly string[];
  readonly resolved: readonly string[];
}

/** Whether a receiver is to be told of a group again, by Alertmanager's rules. */
export function needsNotification(options: {
  notified: Notified | undefined;
  firing: ReadonlySet<string>;
  resolved: ReadonlySet<string>;
  sendsResolved: boolean;
  repeatIntervalMs: number;
  nowMs: number;
}): boolean {
  const { firing, notified, resolved } = options;
  if (notified === undefined) return firing.size > 0;
  const told = new Set(notified.firing);
  for (const fingerprint of firing) if (!told.has(fingerprint)) return true;
  // All is over: told once whatever the receiver wants to hear, so that the log no longer says that something fires.
  if (firing.size === 0) return notified.firing.length > 0;
  if (options.sendsResolved) {
    const toldResolved = new Set(notified.resolved);
    for (const fingerprint of resolved) if (!toldResolved.has(fingerprint)) return true;
  }
  return notified.atMs < options.nowMs - options.repeatIntervalMs;
}
