import { AlertError } from '../alert-error.ts';
import { type Alert, isResolved, mergeAlerts } from '../model/alert.ts';

const alertsMax = 10_000;

/** The alerts that fire, and those that have ended not long ago. */
export class AlertStore {
  readonly #alerts = new Map<string, Alert>();

  get size(): number {
    return this.#alerts.size;
  }

  get(fingerprint: string): Alert | undefined {
    return this.#alerts.get(fingerprint);
  }

  values(): IterableIterator<Alert> {
    return this.#alerts.values();
  }

  /** Puts together what was known and what is said now. Throws HW_ALERTS_FULL: an alert that is new has no place any more. */
  put(alert: Alert, nowMs: number): Alert {
    const old = this.#alerts.get(alert.fingerprint);
    let merged = alert;
    if (old === undefined) {
      if (this.#alerts.size >= alertsMax)
        throw new AlertError(
          'HW_ALERTS_FULL',
          `there are ${alertsMax} alerts already: group what they are about, or raise thresholds`,
        );
    } else if (alert.origin === 'rule') {
      // A rule knows when its alert began and ended.
    } else if (doOverlap(alert, old)) merged = mergeAlerts(old, alert, nowMs);
    this.#alerts.set(merged.fingerprint, merged);
    return merged;
  }

  delete(fingerprint: string): void {
    this.#alerts.delete(fingerprint);
  }

  /** Fingerprints of the alerts that ended before a time. */
  endedBefore(beforeMs: number): string[] {
    const ended: string[] = [];
    for (const alert of this.#alerts.values()) if (isResolved(alert, beforeMs)) ended.push(alert.fingerprint);
    return ended;
  }
}

function doOverlap(alert: Alert, old: Alert): boolean {
  const doesEndIn = alert.endsMs > old.startsMs && alert.endsMs < old.endsMs;
  const doesStartIn = alert.startsMs > old.startsMs && alert.startsMs < old.endsMs;
  return doesEndIn || doesStartIn;
}
