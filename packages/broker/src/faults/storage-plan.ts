import type { Fault, FileOperation } from '../storage/index.ts';
import type { InjectedFault } from './injected-fault.ts';
import { matches } from './request-fault.ts';

/** What of the disk fails: the log files of partitions, by the names of their directories. */
export function planStorageFaults(faults: readonly InjectedFault[]): (operation: FileOperation) => Fault | null {
  return ({ kind, path }) => {
    const place = partitionOf(path);
    if (place === null) return null;
    for (const fault of faults) {
      const { rule } = fault;
      if (rule.kind !== 'storage' || kind !== (rule.operation ?? 'write')) continue;
      const { partition, topic = '*' } = rule.match ?? {};
      if (!matches(topic, place.topic) || (partition !== undefined && partition !== place.partition)) continue;
      if (fault.take()) return { code: rule.error };
    }
    return null;
  };
}

/** `…/orders-0/00000000000000000000.log` → orders, 0 */
function partitionOf(path: string): { topic: string; partition: number } | null {
  const found = /\/([^/]+)-(\d+)\/\d{20}\.log$/.exec(path);
  return found === null ? null : { topic: found[1]!, partition: Number(found[2]) };
}
