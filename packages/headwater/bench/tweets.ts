/**
 * The whole system under tweets: how much memory and CPU it takes, whether it keeps up, and how long a tweet needs from its making to the page of one
 * who searches (gateway → query-service, server-sent events):
 *
 *   npm run bench -- headwater/tweets [seconds=600] [tweets a second=1000] [word=kafka]
 *
 * `headwater up` is a process of its own, as npm start begins it; memory and CPU are the system's figures of that process.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const [secondsText = '600', rateText = '1000', word = 'kafka'] = process.argv.slice(2);
const seconds = Number(secondsText);
const directory = mkdtempSync(join(tmpdir(), 'headwater-bench-'));
const readyFile = join(directory, 'ready.json');
const bin = resolve(import.meta.dirname, '../bin/headwater.ts');
const startedAt = performance.now();
const child = spawn(
  process.execPath,
  [bin, 'up', '--ports', 'auto', '--example', 'tweets', '--data', join(directory, 'data'), '--ready-file', readyFile],
  { env: { ...process.env, HEADWATER_TWEETS_RATE: rateText }, stdio: ['ignore', 'ignore', 'inherit'] },
);
while (!existsSync(readyFile)) {
  if (child.exitCode !== null) throw new Error(`headwater ended with ${child.exitCode}`);
  await sleep(10);
}
const readyAfterMs = performance.now() - startedAt;
const addresses = JSON.parse(readFileSync(readyFile, 'utf8')) as Record<string, string>;
const gateway = addresses['gateway']!;

const stop = new AbortController();
const delaysMs: number[] = [];
const all: number[] = [];
void listen();

interface Sample {
  atSeconds: number;
  residentMb: number;
  cpuMs: number;
}
const samples: Sample[] = [];
const began = performance.now();
const loadBefore = readFileSync('/proc/loadavg', 'utf8').split(' ')[0];
for (let atSeconds = 0; atSeconds < seconds; ) {
  await sleep(5_000);
  atSeconds = (performance.now() - began) / 1_000;
  samples.push({ atSeconds: Math.round(atSeconds), ...figures(child.pid!) });
  if (samples.length % 12 === 0) report(samples.slice(-12));
}
const tweets = await records('twitter-topic');
const indexed = await documents();
const lag = await lags();
stop.abort();
report(samples);
console.log(JSON.stringify({ bench: 'headwater/tweets', lagRecordsByGroup: lag, documents: indexed, tweets }));
child.kill('SIGTERM');
await once(child, 'exit');
rmSync(directory, { recursive: true, force: true });

function report(window: readonly Sample[]): void {
  const first = window[0]!;
  const last = window.at(-1)!;
  const resident = window.map(({ residentMb }) => residentMb);
  const took = last.atSeconds - first.atSeconds || 1;
  const sorted = delaysMs.splice(0).sort((a, b) => a - b);
  all.push(...sorted);
  const of = window === samples ? all.sort((a, b) => a - b) : sorted;
  console.log(
    JSON.stringify({
      bench: 'headwater/tweets',
      node: process.version,
      cpu: `${cpus().length} x ${cpus()[0]?.model}`,
      loadBefore,
      readyAfterMs: Math.round(readyAfterMs),
      fromSeconds: first.atSeconds,
      toSeconds: last.atSeconds,
      tweetsPerSecondWanted: Number(rateText),
      cpuPercentOfOneCore: Math.round((last.cpuMs - first.cpuMs) / took / 10),
      residentMb: {
        first: first.residentMb,
        last: last.residentMb,
        min: Math.min(...resident),
        max: Math.max(...resident),
      },
      tweetToPageMs: {
        count: of.length,
        p50: at(of, 0.5),
        p90: at(of, 0.9),
        p99: at(of, 0.99),
        max: of.at(-1) ?? null,
      },
    }),
  );
}

function at(sorted: readonly number[], part: number): number | null {
  return sorted[Math.floor(sorted.length * part)] ?? null;
}

/** What the page of one who searches gets. */
async function listen(): Promise<void> {
  while (!stop.signal.aborted) {
    try {
      const url = `${gateway}/query/documents/get-document-by-text?text=${word}&limit=1`;
      const response = await fetch(url, { headers: { accept: 'text/event-stream' }, signal: stop.signal });
      let isLive = false;
      let rest = '';
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
        const now = Date.now();
        const events = (rest + chunk).split('\n\n');
        rest = events.pop()!;
        for (const event of events) {
          if (/^event: ?live$/m.test(event)) isLive = true;
          const createdAt = /"createdAt":"([^"]+)"/.exec(event)?.[1];
          if (isLive && createdAt !== undefined) delaysMs.push(now - Date.parse(createdAt));
        }
      }
    } catch (error) {
      if (!stop.signal.aborted) console.error(`the page lost its stream: ${(error as Error).message}`);
    }
    await sleep(200);
  }
}

/** Resident memory, and CPU of all its threads since its start, as Linux tells them. */
function figures(pid: number): { residentMb: number; cpuMs: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return {
    residentMb: Math.round((Number(/VmRSS:\s+(\d+)/.exec(status)![1]) * 1024) / 1e6),
    cpuMs: (Number(stat[11]) + Number(stat[12])) * 10,
  };
}

async function ask(path: string): Promise<unknown> {
  return await (await fetch(`${gateway}${path}`)).json();
}

async function records(topic: string): Promise<number> {
  const { partitions } = (await ask(`/api/topics/${topic}`)) as { partitions: { earliest: string; latest: string }[] };
  return partitions.reduce((sum, { earliest, latest }) => sum + Number(latest) - Number(earliest), 0);
}

async function documents(): Promise<number> {
  const response = await fetch(`${addresses['search']}/twitter-index/_count`);
  return ((await response.json()) as { count: number }).count;
}

async function lags(): Promise<Record<string, number>> {
  const { groups } = (await ask('/api/groups')) as { groups: { groupId: string; lagRecords: number }[] };
  return Object.fromEntries(groups.filter(({ lagRecords }) => lagRecords > 0).map((g) => [g.groupId, g.lagRecords]));
}
