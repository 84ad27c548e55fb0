/**
 * How long it takes until a service that was killed (SIGKILL) is shown: `headwater up --isolate` runs the example; each of its services is killed in turn, and
 * the crash is awaited on `/stream`. Usage: node kill-to-stream.ts [kills]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const kills = Number(process.argv[2] ?? 20);
const dir = mkdtempSync(join(tmpdir(), 'headwater-kill-'));
const readyFile = join(dir, 'ready.json');
const bin = resolve(import.meta.dirname, '../../headwater/bin/headwater.ts');
const flags = [
  'up',
  '--data',
  join(dir, 'data'),
  '--ports',
  'auto',
  '--example',
  'tweets',
  '--isolate',
  '--ready-file',
  readyFile,
];
const child = spawn(process.execPath, [bin, ...flags], { stdio: 'ignore' });
while (!existsSync(readyFile)) await sleep(50);
const { monitor } = JSON.parse(readFileSync(readyFile, 'utf8')) as { monitor: string };

interface Service {
  service: string;
  status: string;
  instances: { pid: number | null; status: string }[];
}
const services = async (): Promise<Service[]> =>
  ((await (await fetch(`${monitor}/services`)).json()) as { services: Service[] }).services;
const names = ['streams', 'query-service', 'kafka-to-elastic', 'twitter-to-kafka'];
const upOf = async (name: string): Promise<number> => {
  for (;;) {
    const found = (await services())
      .find(({ service }) => service === name)
      ?.instances.find(({ status }) => status === 'UP');
    if (found?.pid) return found.pid;
    await sleep(100);
  }
};

const seen: { event: string; service: string; kind: string; pid: number; atMs: number }[] = [];
const stream = await fetch(`${monitor}/stream`);
void (async () => {
  let text = '';
  for await (const chunk of stream.body!) {
    text += Buffer.from(chunk).toString();
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const [, event, data] = /^event: (\w+)\ndata: (.*)$/s.exec(text.slice(0, end)) ?? [];
      text = text.slice(end + 2);
      if (event === 'crash' && data !== undefined) seen.push({ ...JSON.parse(data), event, atMs: performance.now() });
    }
  }
})().catch(() => {});

const tookMs: number[] = [];
for (let i = 0; i < kills; i += 1) {
  const name = names[i % names.length]!;
  const pid = await upOf(name);
  const startMs = performance.now();
  process.kill(pid, 'SIGKILL');
  let crash: (typeof seen)[number] | undefined;
  while ((crash = seen.find((each) => each.pid === pid)) === undefined && performance.now() - startMs < 30_000)
    await sleep(2);
  tookMs.push((crash?.atMs ?? Number.POSITIVE_INFINITY) - startMs);
  console.log(`${name} ${pid}: ${tookMs.at(-1)!.toFixed(0)} ms`);
}
await sleep(3_000);
tookMs.sort((a, b) => a - b);
const at = (p: number): string => tookMs[Math.min(tookMs.length - 1, Math.ceil(p * tookMs.length) - 1)]!.toFixed(0);
console.log(`${kills} kills, ${seen.length} crashes; p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`);
child.kill('SIGTERM');
await once(child, 'exit');
rmSync(dir, { recursive: true, force: true });
process.exit(0);
