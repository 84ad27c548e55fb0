import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { tweetTraceId } from '../dev/trace-world.ts';
import { closeBrowser, open, skip } from './browser.ts';

describe('follow', { skip, concurrency: 2 }, () => {
  after(closeBrowser);

  test('from a record to its trace, lines, documents and rows, and what was not searched', async (t) => {
    const { page, complaints } = await open(t, '/ui/topics/twitter-topic?record=1:7');
    await page.getByRole('button', { name: 'Follow' }).click();
    await page.waitForURL(/follow=record(:|%3A)twitter-topic/);
    const panel = page.getByRole('complementary', { name: 'Follow Record twitter-topic 1:7' });
    await panel.getByText('Not all could be searched').waitFor();
    await panel.getByText('the bound of 300,000 records was reached').waitFor();
    await panel.getByText('duplicate key ␛[31mvalue').waitFor();
    await panel.getByText('WORD_COUNTS').waitFor();
    await panel.getByText('row in analytics').waitFor();
    await panel.getByRole('link', { name: /^analytics\.twitter_analytics 8430c8c4/ }).click();
    await page.getByRole('complementary', { name: /^Follow Row analytics\.twitter_analytics 8430/ }).waitFor();
    await page.goBack();
    await panel.waitFor();
    await panel.getByRole('link', { name: /^7 spans of/ }).click();
    await page.waitForURL(new RegExp(`/ui/traces/${tweetTraceId}`));
    await page.goBack();
    await panel.waitFor();
    // Closed, the page's own panel is there again.
    await page.keyboard.press('Escape');
    await page.getByRole('complementary', { name: 'Record 1:7' }).waitFor();
    assert.deepEqual(complaints, []);
  });

  test('from a span, a log line and a document', async (t) => {
    const { page } = await open(t, `/ui/traces/${tweetTraceId}?span=0000000000000a02`);
    await page.getByRole('button', { name: 'Follow' }).click();
    await page.getByRole('complementary', { name: /^Follow Record twitter-topic/ }).waitFor();
    await page.goto(page.url().replace(/\/ui\/.*/, '/ui/logs?q=level:ERROR'));
    await page.getByRole('grid', { name: 'Log lines' }).getByText('streams did not answer').first().click();
    await page.getByRole('button', { name: 'Follow' }).click();
    await page.getByRole('complementary', { name: /^Follow Trace/ }).waitFor();
    await page.goto(page.url().replace(/\/ui\/.*/, '/ui/search?q=kafka'));
    await page.getByRole('list', { name: 'Hits' }).getByRole('button').first().click();
    await page.getByRole('button', { name: 'Follow' }).click();
    await page.getByRole('complementary', { name: /^Follow Document twitter-index/ }).waitFor();
  });

  test('topics of the platform are hidden until one asks', async (t) => {
    const { page } = await open(t, '/ui/topics');
    await page.getByRole('link', { name: 'twitter-topic' }).waitFor();
    assert.equal(await page.getByRole('link', { name: 'headwater-logs' }).count(), 0);
    await page.getByText('Platform topics').click();
    await page.waitForURL(/platform=1/);
    await page.getByRole('link', { name: 'headwater-logs' }).waitFor();
    await page.getByRole('link', { name: '__consumer_offsets' }).waitFor();
  });
});
