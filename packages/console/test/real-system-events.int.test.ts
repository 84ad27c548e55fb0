import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { Correlation } from '../src/api/correlation.ts';
import type { MonitoredService } from '../src/api/monitor.ts';
import { serviceOf, type ZipkinSpan } from '../src/trace/span.ts';
import { readTrace, type Wait } from '../src/trace/trace-tree.ts';
import { closeBrowser, skip } from './browser.ts';
import { type RunningSystem, startSystem } from './running-system.ts';

const withinMs = 120_000;
const countsTable = 'analytics.twitter_analytics';
const isCount = ({ table }: Correlation['rows'][number]): boolean => table === countsTable;
const indexSpan = 'index twitter-index';
const isWaitOfIndexer = ({ consumer, topic }: Wait): boolean =>
  topic === 'twitter-topic' && serviceOf(consumer.span) === 'kafka-to-elastic';
const chosenMax = 10;
/** Of the lines that a tweet makes: that it was written, and that it was indexed. */
const linesMin = 2;

/** What of a tweet's way is not there yet, and why as far as the answer says it; empty when all is. */
function lackOf(found: Correlation | undefined, spans: readonly ZipkinSpan[] = []): string {
  if (found === undefined) return 'answer';
  const { documents, logs, rows, searched } = found;
  const lacks = [
    ...(spans.some((span) => serviceOf(span) === 'streams') ? [] : ['span of streams']),
    ...(spans.some(({ name }) => name === indexSpan) ? [] : [`span ${indexSpan}`]),
    // One that is read before its sender knows that it was written has not waited: such a tweet is not the one.
    ...(readTrace(spans).waits.some(isWaitOfIndexer) ? [] : ['time in twitter-topic before it was indexed']),
    ...(rows.some(isCount) ? [] : [`row of ${countsTable}`]),
    ...(documents.length > 0 ? [] : ['document']),
    ...((logs?.count ?? 0) >= linesMin ? [] : [`${linesMin} lines (${logs?.count ?? 0})`]),
  ];
  const problems = searched.flatMap(({ problem, where }) => (problem === undefined ? [] : [`${where}: ${problem}`]));
  return lacks.length === 0 ? '' : [lacks.join(', '), ...problems].join(', ');
}

/** Traces, lines and services of the whole platform with the tweets example, whose services are processes of their own. */
describe('what happens on the real system', { skip }, () => {
  let system: RunningSystem;
  let tweet: { traceId: string; startMs: number; found: Correlation };

  before(async () => {
    system = await startSystem('--isolate');
    tweet = await findTweet();
  });
  after(async () => {
    await closeBrowser();
    await system?.stop();
  });

  /** Asks until there is an answer: nothing here says how fast. */
  async function until<T>(what: string | (() => string), ask: () => Promise<T | undefined>): Promise<T> {
    for (const end = Date.now() + withinMs; Date.now() < end; ) {
      const answer = await ask();
      if (answer !== undefined) return answer;
      await new Promise((done) => setTimeout(done, 250));
    }
    throw new Error(`not within ${withinMs} ms: ${typeof what === 'string' ? what : what()}`);
  }
  async function get<T>(path: string): Promise<T | undefined> {
    const answer = await fetch(system.url + path);
    if (answer.ok) return (await answer.json()) as T;
    await answer.body?.cancel();
    return undefined;
  }
  /** Some tweets are chosen once, so that what lags behind has its time: one of them must become whole. */
  async function findTweet(): Promise<typeof tweet> {
    const chosen = await until(`${chosenMax} traces of tweets that were sent`, async () => {
      const traces = await get<ZipkinSpan[][]>('/api/zipkin/api/v2/traces?serviceName=twitter-to-kafka&limit=20');
      const sent = (traces ?? []).flatMap((spans) => spans.filter(({ name }) => name === 'send twitter-topic'));
      return sent.length < chosenMax ? undefined : sent.slice(0, chosenMax);
    });
    const lacks = new Map<string, string>();
    const words = (): string => [...lacks].map(([traceId, lack]) => `${traceId} had no ${lack}`).join('; ');
    return await until(
      () => `a tweet that was counted and indexed: ${words()}`,
      async () => {
        for (const { timestamp = 0, traceId } of chosen) {
          const found = await get<Correlation>(`/api/correlate?kind=trace&traceId=${traceId}`);
          const lack = lackOf(found, await get<ZipkinSpan[]>(`/api/zipkin/api/v2/trace/${traceId}`));
          if (found !== undefined && lack === '') return { traceId, startMs: timestamp / 1000, found };
          lacks.set(traceId, lack);
        }
        return undefined;
      },
    );
  }
  const serviceNow = async (name: string): Promise<MonitoredService | undefined> =>
    (await get<{ services: MonitoredService[] }>('/api/monitor/services'))?.services.find(
      ({ service }) => service === name,
    );
  const around = (spanMs: number): string =>
    `from=${new Date(tweet.startMs - spanMs).toISOString()}&to=${new Date(tweet.startMs + spanMs).toISOString()}`;
  const openTrace = async (page: Page): Promise<void> => {
    await page.locator(`a[href*="${tweet.traceId}"]`).first().click();
    await page.waitForURL(new RegExp(`/ui/traces/${tweet.traceId}`));
  };

  test('a tweet’s trace opens, with the time that it waited in the topic', async () => {
    const { page, complaints } = await system.openPage(`/ui/traces?service=twitter-to-kafka&${around(200)}`);
    await openTrace(page);
    const tree = page.getByRole('treegrid', { name: 'Spans' });
    await tree.getByText('send twitter-topic').waitFor();
    // Below the spans of all its words, and only lines in sight exist.
    await page.getByRole('searchbox', { name: 'Find a span' }).fill(indexSpan);
    await tree.getByText(indexSpan).waitFor();
    await tree
      .getByRole('row', { name: /waits in twitter-topic/ })
      .first()
      .waitFor();
    await page.getByRole('list', { name: 'Where the time went' }).getByText('waiting in topics').waitFor();
    assert.deepEqual(complaints, []);
    await page.close();
  });

  test('lines of a service: asked for by field, and as they come', async () => {
    const { page, complaints } = await system.openPage(`/ui/logs?q=service:twitter-to-kafka&from=-1h`);
    const lines = page.getByRole('grid', { name: 'Log lines' });
    await lines.getByText('a tweet was written').first().waitFor();
    assert.equal(await lines.getByText('a tweet was indexed').count(), 0);
    await page
      .getByRole('complementary', { name: 'Fields' })
      .getByRole('button', { name: /^Without level/ })
      .first()
      .waitFor();
    await page.goto(`${system.url}/ui/logs?view=live`);
    await lines.getByText('a tweet was written').first().waitFor();
    await page.getByRole('combobox', { name: 'Text, or field:value' }).fill('service:kafka-to-elastic');
    await lines.getByText('a tweet was written').first().waitFor({ state: 'detached' });
    await lines.getByText('a tweet was indexed').first().waitFor();
    assert.deepEqual(complaints, []);
    await page.close();
  });

  test('from the page for users to a trace, its lines, the record, the words it was counted as, the document, and the row', async () => {
    const [document] = tweet.found.documents;
    const { page, complaints } = await system.openPage(`/ui/tweets?tweet=${document!.id}`);
    const panel = page.getByRole('complementary', { name: /^Follow / });
    const tweetPanel = page.getByRole('complementary', { name: `Tweet ${document!.id}` });
    await tweetPanel.getByRole('button', { name: 'Follow' }).click();
    await panel.getByRole('link', { name: /^\d+ spans of / }).click();
    await page.waitForURL(new RegExp(`/ui/traces/${tweet.traceId}`));
    await page.getByRole('treegrid', { name: 'Spans' }).getByText('send twitter-topic').click();
    await page.getByRole('complementary').getByRole('button', { name: 'Follow' }).click();
    await panel.getByRole('link', { name: /^(Show them in Logs|All \d+ lines)$/ }).click();
    await page.waitForURL(/\/ui\/logs\?/);
    await page.getByRole('grid', { name: 'Log lines' }).getByText('a tweet was written').first().click();
    await page.getByRole('complementary', { name: 'Log line' }).getByRole('button', { name: 'Follow' }).click();
    await panel.getByRole('link', { name: /^twitter-topic \d+:\d+$/ }).click();
    await page.waitForURL(/\/ui\/topics\/twitter-topic\?record=/);
    await panel.locator('[aria-current]', { hasText: 'twitter-topic' }).waitFor();
    await panel
      .getByRole('link', { name: /^twitter-analytics-topic \d+:\d+$/ })
      .first()
      .click();
    await page.waitForURL(/\/ui\/topics\/twitter-analytics-topic\?record=/);
    await panel.locator('[aria-current]', { hasText: 'twitter-analytics-topic' }).waitFor();
    await panel.getByRole('link', { name: `${document!.index} ${document!.id}` }).click();
    await page.waitForURL(/\/ui\/search\?index=/);
    await page.getByRole('complementary').getByText(document!.id).first().waitFor();

    // And from the count to the row that the service analytics wrote, and back.
    const row = tweet.found.rows.find(isCount)!;
    const rowId = row.key!.text!;
    const place = `twitter-analytics-topic ${row.partition}:${row.offset}`;
    const follow = encodeURIComponent(`record:twitter-analytics-topic:${row.partition}:${row.offset}`);
    await page.goto(`${system.url}/ui/topics/twitter-analytics-topic?follow=${follow}`);
    await panel.getByRole('link', { name: `${countsTable} ${rowId}` }).click();
    const ofRow = page.getByRole('complementary', { name: `Follow Row ${countsTable} ${rowId}` });
    await ofRow.getByText('row in analytics').waitFor();
    await ofRow.getByRole('link', { name: place }).waitFor();
    await ofRow.getByRole('link', { name: /^\d+ spans of / }).waitFor();
    assert.deepEqual(complaints, []);
    await page.close();
  });

  test('services say how they are and why, and one that is killed is told as crashed and comes back', async () => {
    const { page, complaints } = await system.openPage('/ui/services');
    const service = await until('streams is up', async () => {
      const now = await serviceNow('streams');
      return now?.status === 'UP' && now.instances.some(({ pid }) => pid !== null) ? now : undefined;
    });
    const row = page.getByRole('row', { name: /^streams.*Up.*says UP/ });
    await row.click();
    const panel = page.getByRole('complementary', { name: 'Service streams' });
    await panel.getByText('says UP').first().waitFor();
    process.kill(service.instances.find(({ pid }) => pid !== null)!.pid!, 'SIGKILL');
    await panel
      .getByText(/killed by SIGKILL/)
      .first()
      .waitFor({ timeout: withinMs });
    await page.goto(`${system.url}/ui/services?view=activity&kind=crash`);
    await page
      .getByRole('listitem')
      .filter({ hasText: 'streams' })
      .getByText(/killed by SIGKILL/)
      .first()
      .waitFor();
    await page.goto(`${system.url}/ui/services`);
    await row.waitFor({ timeout: withinMs });
    assert.deepEqual(complaints, []);
    await page.close();
  });
});
