import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { chromiumPath, launchBrowser } from './browser.ts';
import { type HeadwaterProcess, startHeadwater, waitFor } from './headwater-process.ts';

const skip = chromiumPath === undefined ? 'there is no Chromium on this machine (set CHROMIUM to its path)' : false;

/** Runs in the page: notes when each probe first stands in the document. */
const noteProbes = `
  globalThis.seen = {};
  const look = (text) => {
    for (const [token] of text.matchAll(/latencyprobe\\d+/g)) globalThis.seen[token] ??= Date.now();
  };
  new MutationObserver((mutations) => {
    for (const mutation of mutations) {
      if (mutation.type === 'characterData') look(mutation.target.textContent ?? '');
      for (const node of mutation.addedNodes) look(node.textContent ?? '');
    }
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
`;

describe('the console in a browser, on the running system', { skip }, () => {
  const data = mkdtempSync(join(tmpdir(), 'headwater-page-'));
  let system: HeadwaterProcess;
  let browser: Browser;
  let page: Page;
  let url: string;
  const complaints: string[] = [];

  before(async () => {
    [system, browser] = await Promise.all([
      startHeadwater(['--data', data, '--ports', 'auto', '--example', 'tweets']),
      launchBrowser(),
    ]);
    url = system.addresses['console']!;
    page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
    page.on('response', (res) => {
      if (res.status() >= 400) complaints.push(`${res.status()} ${res.url()}`);
    });
  });
  after(async () => {
    await browser?.close();
    await system?.stop();
    rmSync(data, { recursive: true, force: true });
  });

  /** Produces a tweet over HTTP, as any program may. */
  async function tweet(text: string, id: string): Promise<void> {
    const body = `{"userId":42,"id":${id},"text":${JSON.stringify(text)},"createdAt":${Date.now()}}`;
    const res = await fetch(`${url}/api/produce/twitter-topic?key=42`, { method: 'POST', body });
    assert.equal(res.status, 200, await res.text());
  }

  test('the first page shows the flow from source to store, and tweets arrive', async () => {
    await page.goto(url);
    for (const name of ['twitter-to-kafka', 'twitter-topic', 'kafka-to-elastic', 'twitter-index', 'streams']) {
      await page.locator(`[data-node]`, { hasText: name }).first().waitFor({ timeout: 60_000 });
    }
    await tweet('a tweet that only this test writes: firstlight', '900000000000000001');
    await page.getByText('firstlight').first().waitFor({ timeout: 60_000 });
  });

  test('a produced tweet is on the page soon (the median is printed, not judged)', async () => {
    await page.evaluate(noteProbes);
    const producedAt: Record<string, number> = {};
    for (let i = 0; i < 30; i++) {
      const token = `latencyprobe${i}`;
      producedAt[token] = Date.now();
      await tweet(`${token} on its way`, String(900000000000000100n + BigInt(i)));
      await waitFor(() => page.evaluate<boolean>(`'${token}' in globalThis.seen`), 60_000, `${token} on the page`);
    }
    const seen = await page.evaluate<Record<string, number>>('globalThis.seen');
    const latenciesMs = Object.entries(producedAt)
      .map(([token, at]) => seen[token]! - at)
      .sort((a, b) => a - b);
    assert.equal(latenciesMs.length, 30);
    console.log(
      JSON.stringify({
        measure: 'tweet produced to tweet on the page',
        unit: 'ms',
        min: latenciesMs[0],
        median: latenciesMs[15],
        p90: latenciesMs[27],
        max: latenciesMs[29],
        residentMiB: Math.round(system.residentMiB() ?? 0),
        readyAfterMs: Math.round(system.readyAfterMs),
      }),
    );
  });

  test('a search finds a tweet that was just produced, with its hit highlighted', async () => {
    await tweet('the heron stands in zuckermuehle water', '900000000000000777');
    await waitFor(async () => {
      const res = await fetch(`${url}/api/search/twitter-index/_count?q=text:zuckermuehle`);
      return ((await res.json()) as { count: number }).count === 1;
    });
    const box = page.getByRole('searchbox', { name: 'Words in a tweet' });
    await box.fill('zuckermuehle');
    await box.press('Enter');
    await page.locator('mark', { hasText: 'zuckermuehle' }).first().waitFor({ timeout: 60_000 });
  });

  test('the message browser shows a 64-bit id digit for digit', async () => {
    await tweet('one more for the browser of messages', '9007199254740993');
    await page.goto(`${url}/ui/topics/twitter-topic`);
    await page.getByText('9007199254740993').first().waitFor({ timeout: 60_000 });
  });

  test('every place opens in both themes without a complaint of the browser', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const path of [
        '/ui/',
        '/ui/topics',
        '/ui/topics/twitter-topic',
        '/ui/groups',
        '/ui/groups/kafka-streams-application',
        '/ui/search',
        '/ui/tweets',
      ]) {
        await page.goto(url + path);
        await page.locator('main h1, main h2, h1').first().waitFor({ timeout: 60_000 });
      }
    }
    assert.deepEqual(complaints, []);
  });
});
