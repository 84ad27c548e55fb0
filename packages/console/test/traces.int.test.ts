import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { tweetTraceId, wideTraceId } from '../dev/trace-world.ts';
import { closeBrowser, open, skip } from './browser.ts';

const rows = (page: Page) => page.getByRole('grid', { name: 'Traces' }).getByRole('row');
const spans = (page: Page) => page.getByRole('treegrid', { name: 'Spans' });

describe('traces', { skip, concurrency: 2 }, () => {
  after(closeBrowser);

  test('the search is in the URL: service, span, errors, tags, least duration', async (t) => {
    const { page, complaints } = await open(t, '/ui/traces');
    await page.getByText('82 traces, 11 with errors').waitFor();
    await page.getByLabel('Service', { exact: true }).selectOption('streams');
    await page.waitForURL(/service=streams/);
    await page.getByLabel('Span name').selectOption('twitter-topic process');
    await page.getByText('1 trace, 1 with errors').waitFor();
    await page.goBack();
    await page.goBack();
    await page.getByText('82 traces').waitFor();
    await page.getByText('Errors only').click();
    await page.waitForURL(/errors=1/);
    await page.getByText('11 traces, 11 with errors').waitFor();
    await page.getByRole('searchbox').fill('http.status_code=500');
    await page.getByText('9 traces, 9 with errors').waitFor();
    await page.getByLabel(/^Least duration/).fill('2s');
    await page.getByText('No trace fits').waitFor();
    await page.getByRole('button', { name: 'Show all traces' }).click();
    await page.getByText('82 traces').waitFor();
    await page.getByLabel(/^Least duration/).fill('2s');
    await page.getByRole('link', { name: 'importer post /import' }).waitFor();
    assert.deepEqual(complaints, []);
  });

  test('what comes is counted, and rows stand still until one asks', async (t) => {
    const { fixture, page } = await open(t, '/ui/traces');
    const first = rows(page).nth(1);
    const before = await first.textContent();
    fixture.traces.search(Date.now() * 1000);
    fixture.traces.search(Date.now() * 1000, true);
    await page.getByRole('button', { name: '2 new' }).waitFor();
    assert.equal(await first.textContent(), before);
    await page.getByRole('button', { name: '2 new' }).click();
    await page.getByText('84 traces, 12 with errors').waitFor();
    assert.notEqual(await first.textContent(), before);
  });

  test('dragging over the chart chooses a time, and the time control another', async (t) => {
    const { page } = await open(t, '/ui/traces');
    const plot = page.getByRole('figure').locator('.chart-plot');
    const box = (await plot.boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.5, box.y + 4);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.75, box.y + 4, { steps: 4 });
    await page.mouse.up();
    await page.waitForURL(/from=\d{4}-.*&to=\d{4}-/);
    await page.getByRole('button', { name: /^Time: / }).click();
    await page.getByRole('button', { name: 'Last 6 hours' }).click();
    await page.waitForURL((url) => url.search === '?from=-6h');
    await page.getByText('82 traces').waitFor();
  });

  test('an edge of the service map leads to its traces', async (t) => {
    const { page } = await open(t, '/ui/traces?view=map');
    await page.getByRole('button', { name: /^Traces of streams to analytics/ }).click();
    await page.waitForURL(/edge=streams/);
    await page.getByText('1 trace, 1 with errors').waitFor();
    await page.getByRole('link', { name: 'twitter-to-kafka make a tweet' }).click();
    await page.waitForURL(new RegExp(tweetTraceId));
    await spans(page).getByText('twitter-analytics-topic process').waitFor();
  });

  test('a message’s way: its waits are bars of their own, and a span leads to its record', async (t) => {
    const { page, complaints } = await open(t, `/ui/traces/${tweetTraceId}`);
    const tree = spans(page);
    await tree
      .getByRole('row', { name: /waits in twitter-topic/ })
      .nth(1)
      .waitFor();
    await tree.getByRole('row', { name: /waits in twitter-analytics-topic.*13\.5 ms/ }).waitFor();
    await page.getByRole('list', { name: 'Where the time went' }).getByText('waiting in topics').waitFor();
    await tree.getByText('twitter-topic publish').click();
    await page.waitForURL(/span=0000000000000a02/);
    const panel = page.getByRole('complementary');
    await panel.getByText('producer: sends a message').waitFor();
    await panel.getByRole('link', { name: 'Record twitter-topic 1:7' }).click();
    await page.waitForURL(/\/ui\/topics\/twitter-topic\?record=1(:|%3A)7/);
    assert.deepEqual(complaints, []);
  });

  test('keyboard: along the spans, fold, unfold, zoom, close', async (t) => {
    const { page } = await open(t, `/ui/traces/${tweetTraceId}`);
    await spans(page).getByText('make a tweet').waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    // The wait in the topic is passed over: it is no span.
    await page.keyboard.press('j');
    await page.waitForURL(/span=0000000000000a05/);
    await page.keyboard.press('ArrowLeft');
    await page.waitForURL(/fold=0000000000000a05/);
    await spans(page).getByRole('button', { name: 'Unfold 2 spans' }).waitFor();
    await page.keyboard.press('ArrowRight');
    await page.waitForURL((url) => !url.search.includes('fold'));
    await page.keyboard.press('+');
    await page.waitForURL(/zoom=\d+-\d+/);
    await page.keyboard.press('0');
    await page.waitForURL((url) => !url.search.includes('zoom'));
    await page.keyboard.press('Escape');
    await page.waitForURL((url) => !url.search.includes('span'));
  });

  test('5,000 spans: only lines in sight exist, a link goes to its span, and finding steps through hits', async (t) => {
    const { page, complaints } = await open(
      t,
      `/ui/traces/${wideTraceId}?span=${(4999).toString(16).padStart(16, '0')}`,
    );
    await page.getByRole('complementary').waitFor();
    await spans(page).locator('[aria-selected=true]').waitFor();
    assert.ok((await spans(page).getByRole('row').count()) < 80);
    await page.getByRole('searchbox', { name: 'Find a span' }).fill('row refused');
    await page.keyboard.press('Tab');
    const first = page.url();
    await page.keyboard.press('n');
    await page.waitForURL((url) => url.href !== first);
    await page.getByRole('complementary').getByText('row refused').waitFor();
    assert.deepEqual(complaints, []);
  });
});
