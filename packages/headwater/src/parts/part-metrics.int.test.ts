import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { silentLogger } from '@headwater/logger';
import { loadConfiguration } from '../configuration.ts';
import { type System, up } from '../up.ts';

const directory = mkdtempSync(join(tmpdir(), 'headwater-part-metrics-'));
let system: System;

before(async () => {
  const config = join(directory, 'headwater.yaml');
  writeFileSync(config, `ports: auto\ndata: ${join(directory, 'data')}\nprometheus: { scrape_interval: 5s }\n`);
  system = await up(loadConfiguration({ config }, {}, directory), { env: {}, logger: () => silentLogger });
});
after(async () => {
  await system.close();
  rmSync(directory, { recursive: true, force: true });
});

interface Target {
  labels: Record<string, string>;
  scrapeUrl: string;
  health: string;
  lastError: string;
}

async function targets(): Promise<Target[]> {
  const answer = await fetch(`${system.addresses.prometheus}/api/v1/targets`);
  return ((await answer.json()) as { data: { activeTargets: Target[] } }).data.activeTargets;
}

function hasPromtool(): boolean {
  try {
    execFileSync('promtool', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** What is not said as Prometheus' conventions would have it, in names that are another system's. */
const foreignNames = /^(?:kafka_|resilience4j_|nodejs_|http_server_active_requests)/;

test('every part is scraped, and promtool takes what it says', { timeout: 120_000 }, async (t) => {
  let all: Target[] = [];
  let down = '';
  do {
    await new Promise((resolve) => setTimeout(resolve, 100));
    all = await targets();
    const now = all
      .filter(({ health }) => health === 'down')
      .map(({ labels, lastError }) => `${labels['part']}: ${lastError}`);
    // One that was too slow once is asked again.
    if (now.join() !== down && now.length > 0) t.diagnostic(now.join('; '));
    down = now.join();
  } while (all.length < 12 || all.some(({ health }) => health !== 'up'));
  if (!hasPromtool()) return t.diagnostic('no promtool on the PATH: the texts are not checked');
  for (const { labels, scrapeUrl } of all) {
    const input = await (await fetch(scrapeUrl)).text();
    try {
      execFileSync('promtool', ['check', 'metrics'], { input, stdio: ['pipe', 'ignore', 'pipe'] });
    } catch (error) {
      const { stderr } = error as { stderr: Buffer };
      const own = stderr
        .toString()
        .split('\n')
        .filter((line) => line !== '' && !foreignNames.test(line));
      assert.deepEqual(own, [], String(labels['part']));
    }
  }
});
