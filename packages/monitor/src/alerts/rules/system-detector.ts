import { statfs } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import type { SystemSource, ThresholdRule } from '../config/rule-config.ts';
import { compares } from './compare.ts';
import type { PollDetector, Sample } from './detector.ts';

/** Measures of this machine: room on a disk, load. */
export function systemDetector(rule: ThresholdRule, source: SystemSource, dataDir: string): PollDetector {
  return {
    intervalMs: source.intervalMs,
    async poll(): Promise<Sample[]> {
      const path = source.path || dataDir;
      const value = await measure(source, path);
      if (!compares(value, rule.op, rule.value!)) return [];
      return [{ labels: source.measure === 'load_per_core' ? {} : { path }, value }];
    },
  };
}

async function measure({ measure: what }: SystemSource, path: string): Promise<number> {
  if (what === 'load_per_core') return loadavg()[0]! / availableParallelism();
  const { bavail, blocks, bsize } = await statfs(path);
  return what === 'disk_free_bytes' ? bavail * bsize : (bavail / blocks) * 100;
}
