/**
 * How fast the store indexes and searches over HTTP, and what it costs: `node packages/search/bench/load.ts [documents]`.
 *
 * Documents look like tweets: a long id, a user, a text of about 100 characters, a time. The store runs in a process of its
 * own, so that its memory and CPU time can be told from those of the client.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '../test/support/memory-files.ts';
import { StoreProcess } from '../test/support/store-process.ts';

const documentCount = Number(process.argv[2] ?? 100_000);
const docsPerBulk = 1_000;
const parallelBulks = 2;
const searchCount = 2_000;

const random = seededRandom(1);
const words = Array.from({ length: 20_000 }, (_, i) => {
  // Words as short and as unevenly common as those of a language.
  let word = '';
  for (let rest = i + 1; rest > 0; rest = Math.floor(rest / 12)) word += 'etaoinshrdlu'[rest % 12]!;
  return word;
});
const text = (): string =>
  Array.from({ length: 8 + Math.floor(random() * 14) }, () => words[Math.floor(words.length ** random()) - 1]!).join(
    ' ',
  );

const agent = new http.Agent({ keepAlive: true, maxSockets: 16 });

function call(url: string, method: string, path: string, body?: string, type = 'application/json'): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.request(url + path, { method, agent, headers: { 'content-type': type } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const answered = Buffer.concat(chunks).toString();
        if (answer.statusCode! < 300) resolve(answered);
        else reject(new Error(`${method} ${path}: ${answer.statusCode} ${answered.slice(0, 300)}`));
      });
      answer.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** Resident memory and CPU time of a process, where the system tells them. */
function usage(pid: number): { rssMb: number; cpuS: number } {
  try {
    const rssKb = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? Number.NaN);
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { rssMb: rssKb / 1024, cpuS: (Number(fields[11]) + Number(fields[12])) / 100 };
  } catch {
    return { rssMb: Number.NaN, cpuS: Number.NaN };
  }
}

const show = (value: number, digits = 1): string => value.toFixed(digits);

function percentiles(times: number[]): string {
  times.sort((a, b) => a - b);
  const at = (share: number): string => show(times[Math.min(times.length - 1, Math.floor(times.length * share))]!, 2);
  return `p50 ${at(0.5)} ms, p90 ${at(0.9)} ms, p99 ${at(0.99)} ms`;
}

const dataDir = mkdtempSync(join(tmpdir(), 'headwater-search-bench-'));
let store = await StoreProcess.start(dataDir);
try {
  console.log(`start with nothing: ${show(store.startMs)} ms, ${show(usage(store.pid).rssMb)} MB`);
  const before = usage(store.pid);
  const bulks: string[] = [];
  for (let i = 0; i < documentCount; i += docsPerBulk) {
    let lines = '';
    for (let n = i; n < Math.min(documentCount, i + docsPerBulk); n++) {
      const id = 592_000_000_000_000_000n + BigInt(n) * 1_234_567n;
      lines += `{"index":{"_index":"tweets","_id":"${id}"}}\n`;
      lines += `{"id":${id},"userId":${Math.floor(random() * 1e9)},"text":"${text()}","createdAt":${1.7e12 + n * 1000}}\n`;
    }
    bulks.push(lines);
  }
  const started = performance.now();
  const bulkTimes: number[] = [];
  let next = 0;
  const write = async (): Promise<void> => {
    while (next < bulks.length) {
      const lines = bulks[next++]!;
      const sent = performance.now();
      const answer = await call(store.url, 'POST', '/_bulk', lines, 'application/x-ndjson');
      bulkTimes.push(performance.now() - sent);
      if (!answer.includes('"errors":false')) throw new Error(answer.slice(0, 500));
    }
  };
  await Promise.all(Array.from({ length: parallelBulks }, write));
  const tookS = (performance.now() - started) / 1000;
  const after = usage(store.pid);
  console.log(
    `${documentCount} documents in bulks of ${docsPerBulk}: ${show(documentCount / tookS, 0)} documents/s, ` +
      `${show(documentCount / (after.cpuS - before.cpuS), 0)} per second of the store's CPU; a bulk: ${percentiles(bulkTimes)}`,
  );
  await call(store.url, 'POST', '/tweets/_refresh');
  console.log(`memory after indexing: ${show(usage(store.pid).rssMb)} MB resident`);

  const query = (): string =>
    JSON.stringify({
      query: {
        match: { text: `${words[Math.floor(words.length ** random()) - 1]} ${words[Math.floor(random() * 5_000)]}` },
      },
      highlight: { fields: { text: {} } },
      size: 20,
    });
  await searches('match with highlight, 20 hits', query);
  const since = 1.7e12 + (documentCount - 100) * 1000;
  const ofLast = {
    bool: { must: [{ match: { text: words[0] } }], filter: [{ range: { createdAt: { gte: since } } }] },
  };
  const lastQuery = JSON.stringify({ query: ofLast, sort: [{ createdAt: 'desc' }], size: 20 });
  await searches('a frequent word in the last 100 documents', () => lastQuery);
  await searches('newest 20 of all', () => JSON.stringify({ sort: [{ createdAt: 'desc' }], size: 20 }));
  await searches('phrase', () => JSON.stringify({ query: { match_phrase: { text: `${words[3]} ${words[7]}` } } }));
  const stats = JSON.parse(await call(store.url, 'GET', '/tweets/_stats')) as {
    _all: { total: { segments: { count: number; memory_in_bytes: number }; store: { size_in_bytes: number } } };
  };
  const { segments, store: disk } = stats._all.total;
  console.log(
    `index: ${segments.count} segments, ${show(segments.memory_in_bytes / 2 ** 20)} MB in memory, ${show(disk.size_in_bytes / 2 ** 20)} MB in all`,
  );

  const delays: number[] = [];
  for (let i = 0; i < 5; i++) {
    await call(store.url, 'PUT', `/tweets/_doc/new${i}`, `{"text":"visible${i}x"}`);
    const written = performance.now();
    while (!(await call(store.url, 'GET', `/tweets/_count?q=text:visible${i}x`)).includes('"count":1')) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    delays.push(performance.now() - written);
  }
  console.log(`a write is found after ${show(Math.max(...delays), 0)} ms at most (refresh_interval 1s)`);

  const idle = usage(store.pid);
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  console.log(
    `idle: ${show(((usage(store.pid).cpuS - idle.cpuS) / 5) * 100)} % of a CPU, ${show(usage(store.pid).rssMb)} MB`,
  );
  await store.kill();

  store = await StoreProcess.start(dataDir);
  const ready = performance.now();
  const count = await call(store.url, 'GET', '/tweets/_count');
  console.log(
    `start after kill -9 with ${/"count":(\d+)/.exec(count)?.[1]} documents: ${show(store.startMs)} ms, first answer ${show(performance.now() - ready)} ms later, ${show(usage(store.pid).rssMb)} MB`,
  );

  async function searches(name: string, body: () => string): Promise<void> {
    const times: number[] = [];
    for (let i = 0; i < searchCount / 4; i++) {
      const sent = performance.now();
      await call(store.url, 'POST', '/tweets/_search', body());
      times.push(performance.now() - sent);
    }
    console.log(`${name}: ${percentiles(times)}`);
  }
} finally {
  await store.kill();
  agent.destroy();
  rmSync(dataDir, { recursive: true, force: true });
}
