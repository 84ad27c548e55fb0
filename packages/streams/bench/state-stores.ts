/**
 * Engines for state larger than memory under an aggregation's access pattern: rows of 100 bytes by keys of 12; each record reads its row, at
 * random, and writes it; every 20,000 records there is a commit. Arguments: rows (500,000), records (500,000), MiB of memory (16). LMDB and classic-level
 * are measured where they are installed in the working directory. Each engine runs in a process of its own.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { engines } from './support/store-engines.ts';

const [rows = 500_000, records = 500_000, memoryMb = 16] = process.argv.slice(2, 5).map(Number);
const engine = process.argv[5];
const commitRecords = 20_000;

if (engine === undefined) {
  for (const name of Object.keys(engines)) {
    const args = [import.meta.filename, String(rows), String(records), String(memoryMb), name];
    process.stdout.write(execFileSync(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] }));
  }
} else await measure(engine);

async function measure(name: string): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'state-stores-'));
  const before = process.memoryUsage.rss();
  try {
    const open = () => engines[name]!(dir, memoryMb * 2 ** 20);
    let store = await open();
    if (store === null) {
      console.log(JSON.stringify({ benchmark: 'state-stores', engine: name, skipped: 'it is not installed' }));
      return;
    }
    const value = 'x'.repeat(90);
    const keyOf = (n: number) => `key-${String((n * 7_919) % rows).padStart(8, '0')}`;
    let commitMsMax = 0;
    const run = async (count: number, key: (n: number) => string) => {
      const [startedMs, cpu] = [performance.now(), process.cpuUsage()];
      for (let n = 0; n < count; n++) {
        const found = store!.get(key(n));
        const next = found === null ? 0 : Number(found.slice(0, 10)) + 1;
        store!.put(key(n), String(next).padStart(10, '0') + value);
        if (n % commitRecords !== commitRecords - 1) continue;
        const commitMs = performance.now();
        const done = store!.commit();
        commitMsMax = Math.max(commitMsMax, performance.now() - commitMs);
        await done;
      }
      const { system, user } = process.cpuUsage(cpu);
      return { us: ((performance.now() - startedMs) * 1000) / count, cpuUs: (system + user) / count };
    };
    const load = await run(rows, keyOf);
    let state = 1;
    const random = () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return Math.floor((state / 2 ** 32) * rows);
    };
    commitMsMax = 0;
    const picks = Array.from({ length: records }, () => keyOf(random()));
    const update = await run(records, (n) => picks[n]!);
    const rss = process.memoryUsage.rss() - before;
    await store.close();
    const sizeBytes = readdirSync(dir).reduce((sum, file) => sum + statSync(join(dir, file)).size, 0);
    const openedMs = performance.now();
    store = await open();
    store!.get(keyOf(7));
    const reopenMs = performance.now() - openedMs;
    await store!.close();
    const round = (figure: number) => Number(figure.toFixed(1));
    console.log(
      JSON.stringify({
        benchmark: 'state-stores',
        engine: name,
        rows,
        records,
        memoryMb,
        loadUs: round(load.us),
        loadCpuUs: round(load.cpuUs),
        updateUs: round(update.us),
        updateCpuUs: round(update.cpuUs),
        commitBlocksMsMax: round(commitMsMax),
        rssMb: Math.round(rss / 2 ** 20),
        diskMb: Math.round(sizeBytes / 2 ** 20),
        reopenMs: round(reopenMs),
        node: process.version,
        cpu: cpus()[0]!.model,
      }),
    );
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
