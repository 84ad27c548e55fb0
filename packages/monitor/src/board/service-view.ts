import type { ServiceStatus } from '../events/records.ts';
import type { InstanceView } from './board.ts';
import { dayMs } from './counts.ts';
import type { Hub } from './hub.ts';
import type { RecentEvent } from './recent-events.ts';

/** A service as `/services` shows it. */
export interface ServiceView {
  service: string;
  status: ServiceStatus;
  sinceMs: number;
  reason: string;
  isFlapping: boolean;
  isUnstable: boolean;
  /** Why it is called unstable, in words; empty: it is not. */
  unstableReasons: string[];
  instances: InstanceView[];
  triggersToday: number;
  crashesToday: number;
  crashesThisWeek: number;
  notificationsToday: number;
  lastCrash: RecentEvent | null;
}

/** So many crashes within an hour are no accident. */
const crashesAnHourMax = 3;
const order: readonly ServiceStatus[] = ['UP', 'STARTING', 'DOWN', 'DRAINING', 'OUT_OF_SERVICE', 'UNKNOWN'];

/** Today and this week count in UTC, as all buckets do: today since midnight, the week as the last seven days. */
export function serviceView(hub: Hub, service: string, nowMs: number): ServiceView {
  const instances = hub.board.instances(service, nowMs);
  const todayMs = Math.floor(nowMs / dayMs) * dayMs;
  const count = (kind: string, sinceMs: number): number => hub.counts.total(kind, service, sinceMs, nowMs + 1);
  const crashesLastHour = count('crash', nowMs - 3_600_000);
  const isFlapping = instances.some((instance) => instance.isFlapping);
  const unstableReasons = [
    ...(crashesLastHour >= crashesAnHourMax ? [`${crashesLastHour} crashes within the last hour`] : []),
    ...(isFlapping ? ['its status changes too often'] : []),
  ];
  return {
    service,
    ...overall(instances),
    isFlapping,
    isUnstable: unstableReasons.length > 0,
    unstableReasons,
    instances,
    triggersToday: count('trigger', todayMs),
    crashesToday: count('crash', todayMs),
    crashesThisWeek: count('crash', nowMs - 7 * dayMs),
    notificationsToday: count('notification', todayMs),
    lastCrash: hub.events.last('crash', service) ?? null,
  };
}

/** A service is up while one of its instances is; the reason tells of the others. */
function overall(instances: readonly InstanceView[]): { status: ServiceStatus; sinceMs: number; reason: string } {
  if (instances.length === 0) return { status: 'UNKNOWN', sinceMs: 0, reason: 'no instance of it is known' };
  // An instance that was stopped on purpose says nothing of the service while there are others.
  const active = instances.filter(({ status }) => status !== 'OUT_OF_SERVICE' && status !== 'DRAINING');
  const counted = active.length > 0 ? active : instances;
  const status = order.find((each) => counted.some((instance) => instance.status === each)) ?? 'UNKNOWN';
  const same = counted.filter((instance) => instance.status === status);
  const sinceMs = Math.min(...same.map((instance) => instance.sinceMs));
  if (counted.length === 1) return { status, sinceMs, reason: counted[0]!.reason };
  const others = counted.filter((instance) => instance.status !== status);
  const shown = others.slice(0, 3).map(({ instance, reason, status }) => `${instance} is ${status}: ${reason}`);
  const reason = `${same.length} of ${counted.length} instances ${same.length === 1 ? 'is' : 'are'} ${status}`;
  return { status, sinceMs, reason: [reason, ...shown].join('; ') };
}
