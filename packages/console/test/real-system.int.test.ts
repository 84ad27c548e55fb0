import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { closeBrowser, skip } from './browser.ts';
import { type RunningSystem, startSystem } from './running-system.ts';

/** The console on the whole platform with the tweets example, started as a user starts it. */
describe('on the real system', { skip }, () => {
  let system: RunningSystem;
  let url: string;
  const openPage: RunningSystem['openPage'] = (path) => system.openPage(path);

  before(async () => {
    system = await startSystem();
    url = system.url;
  });
  after(async () => {
    await closeBrowser();
    await system?.stop();
  });

  test('the map draws the example: source, topic, services, store, query service', async () => {
    const { page, complaints } = await openPage('/ui/');
    for (const name of [
      'twitter-to-kafka',
      'twitter-topic',
      'kafka-to-elastic',
      'streams',
      'twitter-index',
      'twitter-analytics-topic',
    ]) {
      await page.locator('.flow-node', { hasText: name }).first().waitFor();
    }
    await page.getByText(/^Flowing, \d+ records a second$/).waitFor();
    await page.locator('.arrival').nth(5).waitFor();
    await page.locator('.word').nth(5).waitFor();
    assert.deepEqual(complaints, []);
    await page.close();
  });

  test('the map draws that the query service calls streams for its counts, and none of the platform’s own readers', async () => {
    const { page, complaints } = await openPage('/ui/map');
    const answer = await fetch(`${url}/query/documents/get-document-by-text`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"text":"kafka"}',
    });
    assert.equal(answer.status, 200, await answer.text());
    const found = await fetch(`${url}/api/correlate?topic=twitter-topic&partition=0&offset=0`);
    assert.equal(found.status, 200, await found.text());
    await page.getByRole('button', { name: /^query-service calls streams: / }).waitFor();
    assert.equal(await page.getByRole('button', { name: /(Reader|Service|Source) node / }).count(), 0);
    assert.deepEqual(complaints, []);
    await page.close();
  });

  test('a tweet is on the page within 250 ms of being written (median), and a search finds it', async (t) => {
    const { page, complaints } = await openPage('/ui/');
    await page.locator('.arrival').first().waitFor();
    const delays: number[] = [];
    for (let turn = 0; turn < 21; turn += 1) {
      const text = `needle${turn}`;
      const seen = page.evaluate(
        (wanted) =>
          new Promise<number>((done) => {
            const look = (): void => {
              if (document.querySelector('.arrivals')?.textContent?.includes(wanted)) done(Date.now());
              else requestAnimationFrame(look);
            };
            look();
          }),
        text,
      );
      const writtenAt = Date.now();
      const body = `{"userId":7,"id":${9_000_000_000_000_000n + BigInt(turn)},"text":"${text} in the stream","createdAt":${writtenAt}}`;
      const answer = await fetch(`${url}/api/produce/twitter-topic?key=7`, { method: 'POST', body });
      assert.equal(answer.status, 200);
      delays.push((await seen) - writtenAt);
    }
    delays.sort((a, b) => a - b);
    t.diagnostic(`median ${delays[10]} ms, slowest ${delays[20]} ms`);
    assert.ok(delays[10]! <= 250, `${delays}`);
    await page.getByRole('searchbox', { name: 'Words in a tweet' }).fill('needle20');
    await page.getByRole('region', { name: 'Hits' }).locator('mark', { hasText: 'needle20' }).waitFor();
    assert.deepEqual(complaints, []);
    await page.close();
  });

  test('a record with key and headers is produced and read back exactly, and the topic deleted', async () => {
    const { page, complaints } = await openPage('/ui/topics?panel=create');
    await page.getByLabel('Name', { exact: true }).fill('from-the-console');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByText('from-the-console is empty').waitFor();
    await page.getByRole('button', { name: 'Produce' }).click();
    const panel = page.getByRole('complementary');
    await panel.getByLabel('Key').fill('k1');
    await panel.getByLabel('Value, JSON').fill('{"id": 9223372036854775807, "price": 1.00}');
    await panel.getByRole('button', { name: 'Add header' }).click();
    await panel.getByLabel('Header name').fill('source');
    await panel.getByLabel('Header value').fill('a:b');
    await panel.getByRole('button', { name: 'Produce' }).click();
    await panel.getByRole('link', { name: /^\d:0$/ }).click();
    await panel.getByText('9223372036854775807').waitFor();
    await panel.getByText('1.00').waitFor();
    await panel.getByText('a:b').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Delete from-the-console' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('textbox').fill('from-the-console');
    await dialog.getByRole('button', { name: 'Delete 1 record' }).click();
    await page.waitForURL(/\/ui\/topics$/);
    assert.deepEqual(complaints, []);
    await page.close();
  });

  test('groups, a group, configuration and search answer', async () => {
    const { page, complaints } = await openPage('/ui/groups');
    await page.getByRole('link', { name: 'kafka-streams-application', exact: true }).click();
    await page.getByRole('grid', { name: 'Partitions' }).getByText('twitter-topic').first().waitFor();
    await page.getByRole('grid', { name: 'Members' }).getByText('0, 1, 2').first().waitFor();
    await page.goto(`${url}/ui/topics/twitter-analytics-topic/config`);
    await page.getByRole('gridcell', { name: 'compact', exact: true }).waitFor();
    await page.goto(`${url}/ui/search?q=text:needle20`);
    await page.getByText(/^1 hit of/).waitFor();
    await page.locator('.search-hit').click();
    await page.getByRole('complementary').getByText('needle20 in the stream').waitFor();
    assert.deepEqual(complaints, []);
    await page.close();
  });
});
