import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { closeBrowser, open, skip } from './browser.ts';

describe('behaviour', { skip, concurrency: 2 }, () => {
  after(closeBrowser);

  test('a record is on the map page within 250 ms of being written', async (t) => {
    const { fixture, page } = await open(t, '/ui/');
    await page.getByText('Waiting for the next record').waitFor();
    const delays: number[] = [];
    for (let turn = 0; turn < 20; turn += 1) {
      const text = `needle ${turn} in the stream`;
      // The page itself says when it was painted: no time of the test driver is counted.
      const seen = page.evaluate(
        (wanted) =>
          new Promise<number>((resolve) => {
            const look = (): void => {
              if (document.querySelector('.arrivals')?.textContent?.includes(wanted)) resolve(Date.now());
              else requestAnimationFrame(look);
            };
            look();
          }),
        text,
      );
      const writtenAt = Date.now();
      fixture.world.tweet(writtenAt, text);
      delays.push((await seen) - writtenAt);
    }
    delays.sort((a, b) => a - b);
    t.diagnostic(`median ${delays[10]} ms, slowest ${delays[19]} ms`);
    assert.ok(delays[10]! <= 250, `${delays}`);
  });

  test('a search on the map marks hits and finds a tweet that is written later', async (t) => {
    const { fixture, page } = await open(t, '/ui/');
    await page.getByRole('searchbox', { name: 'Words in a tweet' }).fill('zebra');
    await page.getByText('No tweet has these words yet').waitFor();
    fixture.world.tweet(Date.now(), 'A zebra in the log');
    await page.getByRole('region', { name: 'Hits' }).locator('mark', { hasText: 'zebra' }).waitFor();
    assert.match(page.url(), /q=zebra/);
  });

  test('the user menu says who one is, and leads to the login and back to the page', async (t) => {
    const { page } = await open(t, '/ui/topics?q=a');
    await page.getByRole('button', { name: 'developer' }).click();
    await page.getByText('On this machine nobody has to log in').waitFor();
    const login = page.waitForRequest((request) => request.url().includes('/oauth/login'));
    await page.getByRole('button', { name: 'Log in' }).click();
    assert.equal(new URL((await login).url()).searchParams.get('return_to'), '/ui/topics?q=a');
  });

  test('keyboard: places, filter, rows, panel, help', async (t) => {
    const { page, complaints } = await open(t, '/ui/');
    await page.getByRole('button', { name: /^Topic twitter-topic/ }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('t');
    await page.getByRole('link', { name: 'twitter-topic' }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('events');
    await page.waitForURL(/q=events/);
    await page.getByText('1 topic', { exact: true }).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page.getByText('4 topics', { exact: true }).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/ui\/topics\/events$/);
    await page.getByRole('gridcell', { name: 'tombstone' }).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForURL(/record=0:3/);
    await page.getByText('plain text, not JSON').last().waitFor();
    // With the panel open the cursor takes it along.
    await page.keyboard.press('j');
    await page.waitForURL(/record=0:2/);
    await page.keyboard.press('k');
    await page.waitForURL(/record=0:3/);
    await page.keyboard.press('Escape');
    await page.waitForURL((url) => !url.search.includes('record'));
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await page.getByText('Single-key shortcuts').click();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    // Switched off: letters do nothing, Enter and Esc still do.
    await page.keyboard.press('g');
    await page.keyboard.press('m');
    await page.keyboard.press('?');
    await page.waitForTimeout(200);
    assert.match(page.url(), /\/ui\/topics\/events/);
    assert.equal(await page.getByRole('dialog').count(), 0);
    assert.deepEqual(complaints, []);
  });

  test('keyboard: the palette finds a topic, and Back comes back', async (t) => {
    const { page } = await open(t, '/ui/groups');
    await page.getByRole('link', { name: 'streams' }).waitFor();
    await page.keyboard.press('Control+k');
    await page.keyboard.type('analytics');
    await page.getByRole('option', { name: 'twitter-analytics-topic' }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/ui\/topics\/twitter-analytics-topic$/);
    await page.goBack();
    await page.getByRole('link', { name: 'streams' }).waitFor();
  });

  test('keyboard: along the flow by arrow keys', async (t) => {
    const { page } = await open(t, '/ui/');
    await page.getByRole('button', { name: /^Source twitter-to-kafka/ }).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    assert.match((await page.evaluate(() => document.activeElement?.textContent)) ?? '', /^Service streams/);
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'Service streams' }).waitFor();
    assert.match(page.url(), /at=client:streams/);
    await page.keyboard.press('Escape');
    await page.getByRole('complementary').waitFor({ state: 'detached' });
  });

  test('a topic is created, written to, edited and resent, and deleted by its typed name', async (t) => {
    const { fixture, page } = await open(t, '/ui/topics?panel=create');
    await page.getByLabel('Name', { exact: true }).fill('made here');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByRole('alert').getByText('not a topic name').waitFor();
    await page.getByLabel('Name', { exact: true }).fill('made-here');
    await page.getByLabel('Old records').selectOption('compact');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.waitForURL(/\/ui\/topics\/made-here$/);
    assert.deepEqual(fixture.world.topics.get('made-here')?.configs, { 'cleanup.policy': 'compact' });
    await page.getByText('made-here is empty').waitFor();

    await page.getByRole('button', { name: 'Produce' }).click();
    const panel = page.getByRole('complementary');
    await panel.getByLabel('Value, JSON').fill('{"id": 9223372036854775807');
    await panel.getByText('Line 1, column 27: expected "," or "}", found the end.').waitFor();
    assert.equal(await panel.getByRole('button', { name: 'Produce' }).isDisabled(), true);
    await panel.getByLabel('Value, JSON').fill('{"id": 9223372036854775807}');
    await panel.getByLabel('Key').fill('k1');
    await panel.getByRole('button', { name: 'Produce' }).click();
    await panel.getByRole('link', { name: /^\d:0$/ }).click();
    const log = fixture.world.topics.get('made-here')!.partitions.flat();
    assert.equal(String(log[0]?.value), '{"id": 9223372036854775807}');

    await panel.getByRole('button', { name: 'Edit and resend' }).click();
    await panel.getByText('stays as it is').waitFor();
    await panel.locator('button:enabled', { hasText: 'Produce' }).waitFor();
    assert.match(await panel.getByLabel('Value, JSON').inputValue(), /9223372036854775807/);
    assert.equal(await panel.getByLabel('Key').inputValue(), 'k1');
    await page.keyboard.press('Escape');

    await page.getByRole('button', { name: 'Delete made-here' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('1 record in 3 partitions will be gone').waitFor();
    assert.equal(await dialog.getByRole('button', { name: 'Delete 1 record' }).isDisabled(), true);
    await dialog.getByRole('textbox').fill('made-here');
    await dialog.getByRole('button', { name: 'Delete 1 record' }).click();
    await page.waitForURL(/\/ui\/topics$/);
    assert.equal(fixture.world.topics.has('made-here'), false);
  });

  test('an instance says why it is listed, is taken out of service, put back and removed', async (t) => {
    const { page, complaints } = await open(t, '/ui/services?view=instances&q=orders');
    await page.getByText('the network is suspected').waitFor();
    await page.getByRole('row', { name: /orders:8080/ }).click();
    const panel = page.getByRole('complementary', { name: 'Instance orders:8080' });
    await panel.getByText('its lease of 90 s runs for 86 s more').waitFor();
    assert.match(page.url(), /at=ORDERS(\/|%2F)orders(:|%3A)8080/);
    const dialog = page.getByRole('dialog');
    await panel.getByRole('button', { name: 'Take out of service' }).click();
    await dialog.getByText('stays out until the override is removed').waitFor();
    await dialog.getByRole('button', { name: 'Take out of service' }).click();
    await panel.getByText('overridden: OUT_OF_SERVICE').waitFor();
    await page.getByRole('row', { name: /Out of service.*orders:8080/ }).waitFor();
    await panel.getByRole('button', { name: 'Remove override' }).click();
    await dialog.getByText('what it says itself: Up').waitFor();
    await dialog.getByRole('button', { name: 'Remove override' }).click();
    await panel.getByText('override removed: UP').waitFor();
    await panel.getByRole('button', { name: 'Remove', exact: true }).click();
    await dialog.getByText('registers again with its next heartbeat, within 30 seconds').waitFor();
    await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByText('This instance is not registered').waitFor();
    await page.getByRole('row', { name: /orders:8080/ }).waitFor({ state: 'detached' });
    assert.deepEqual(complaints, []);
  });

  test('a link to a record shows that record, exactly', async (t) => {
    const { page } = await open(t, '/ui/topics/events?record=0:0');
    const panel = page.getByRole('complementary');
    await panel.getByText('9007199254740993').waitFor();
    await panel.getByText('149.90').waitFor();
    await panel.getByText('4bf92f3577b34da6').waitFor();
    await panel.getByRole('button', { name: 'Raw' }).click();
    await page.waitForURL(/as=raw/);
    await panel.getByText('"total":149.90,"vip":true').waitFor();
    await panel.getByRole('button', { name: 'Hex' }).click();
    await panel.getByText('7b 22 6f 72 64 65 72 49').waitFor();
  });

  test('the message browser: partition, offset, filter and pages are in the URL', async (t) => {
    const { page } = await open(t, '/ui/topics/twitter-topic?limit=50');
    await page.getByRole('gridcell').first().waitFor();
    await page.getByLabel('Partition', { exact: true }).selectOption('1');
    await page.waitForURL(/partition=1/);
    await page.getByLabel('Where to start').selectOption('offset');
    await page.getByLabel('Offset', { exact: true }).fill('10');
    await page.waitForURL(/from=offset&at=10/);
    const first = page.getByRole('row').nth(1);
    await first.getByText('10', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Next records' }).click();
    await page.waitForURL(/cursor=/);
    await first.getByText('60', { exact: true }).waitFor();
    await page.goBack();
    await first.getByText('10', { exact: true }).waitFor();
    await page.getByRole('searchbox', { name: 'Contains text' }).fill('no such text');
    await page.getByText('No record contains “no such text”').waitFor();
  });

  test('live tail: pause counts what is new, resume shows it, rows do not jump', async (t) => {
    const { fixture, page } = await open(t, '/ui/topics/twitter-topic?live=1');
    await page.getByText('Waiting for the next record').waitFor();
    fixture.world.tweet(Date.now(), 'the first one');
    await page.getByText(/the first one/).waitFor();
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    for (let index = 0; index < 3; index += 1) fixture.world.tweet(Date.now(), `later ${index}`);
    await page.getByRole('button', { name: '3 new' }).waitFor();
    assert.equal(await page.getByText(/later/).count(), 0);
    await page.getByRole('button', { name: '3 new' }).click();
    await page.getByText(/later 2/).waitFor();
    await page.keyboard.press('p');
    await page.getByRole('button', { name: 'Paused' }).waitFor();
    fixture.world.tweet(Date.now(), 'while all stands still');
    await page.getByRole('button', { name: '1 new' }).waitFor();
    await page.keyboard.press('p');
    await page.getByText(/while all stands still/).waitFor();
  });

  test('live tail: the DOM stays small however much comes', async (t) => {
    const { fixture, page, complaints } = await open(t, '/ui/topics/twitter-topic?live=1');
    await page.getByText('Waiting for the next record').waitFor();
    for (let burst = 0; burst < 30; burst += 1) {
      for (let index = 0; index < 300; index += 1)
        fixture.world.produce('twitter-topic', `{"burst":${burst},"index":${index}}`);
      await page.waitForTimeout(20);
    }
    await page.getByText('{"burst":29,"index":299}').waitFor();
    assert.ok((await page.getByRole('row').count()) < 80);
    assert.deepEqual(complaints, []);
  });

  test('a lost connection shows a banner, comes back by itself and resumes where it was', async (t) => {
    const { fixture, page } = await open(t, '/ui/');
    await page.getByText('Waiting for the next record').waitFor();
    fixture.world.tweet(Date.now(), 'before the cut');
    await page.getByText('before the cut').waitFor();
    fixture.setOffline(true);
    await page.getByRole('alert').getByText('Disconnected.').waitFor();
    await page.getByText(/What you see is .* old/).waitFor();
    // Old figures must not look like good news.
    await page.getByText('Unknown: no news of the flow').waitFor();
    fixture.world.tweet(Date.now(), 'during the cut');
    fixture.setOffline(false);
    await page.getByText('during the cut').waitFor();
    await page.getByRole('alert').waitFor({ state: 'detached' });
    fixture.world.tweet(Date.now(), 'after the cut');
    await page.getByText('after the cut').waitFor();
    await page.getByText('before the cut').waitFor();
    assert.ok(fixture.requests.some((request) => /GET \/api\/live\?.*last=/.test(request)));
  });

  test('one connection feeds a page, and it changes with the page', async (t) => {
    const { fixture, page } = await open(t, '/ui/');
    await page.getByText('Waiting for the next record').waitFor();
    const streams = (): string[] =>
      fixture.requests
        .filter((request) => request.startsWith('GET /api/live'))
        .map((request) => decodeURIComponent(request));
    for (const path of ['/api/topics/_live', '/api/kafka/flow', '/api/consume/twitter-topic'])
      assert.ok(streams().at(-1)!.includes(`s=${path}`), path);
    await page.keyboard.press('g');
    await page.keyboard.press('t');
    await page.getByRole('link', { name: 'twitter-topic' }).waitFor();
    await page.waitForFunction(() => document.title.startsWith('Topics'));
    await assertSoon(() => assert.match(streams().at(-1)!, /^GET \/api\/live\?s=\/api\/topics\/_live(&last=\S+)?$/));
  });

  test('a part that is down is named, the rest goes on, and it comes back by itself', async (t) => {
    const { fixture, page } = await open(t, '/ui/topics');
    await page.getByRole('link', { name: 'twitter-topic' }).waitFor();
    fixture.setPart('search', false);
    await page.getByRole('link', { name: 'Search' }).click();
    await page.getByRole('alert').getByText('the part "search" does not answer').waitFor();
    fixture.setPart('search', true);
    await page.getByText(/documents in/).waitFor();
  });

  test('a broker that is away is told in a banner, and the map claims nothing', async (t) => {
    const { fixture, page } = await open(t, '/ui/');
    await page.getByRole('button', { name: /^Topic twitter-topic/ }).waitFor();
    fixture.setPart('kafka', false);
    await page.getByRole('alert').getByText('no broker answers at 127.0.0.1:9092').waitFor();
    await page.getByText('Unknown: no news of the flow').waitFor();
    fixture.setPart('kafka', true);
    await page.getByRole('alert').waitFor({ state: 'detached' });
  });

  test('a query that the store refuses is explained, and the hits stay', async (t) => {
    const { page } = await open(t, '/ui/search?q=kafka');
    await page.locator('mark').first().waitFor();
    await page.getByRole('searchbox', { name: 'Text, or field:value' }).fill('kafka (');
    await page.getByRole('alert').getByText('Failed to parse query [kafka (]').waitFor();
    assert.ok((await page.locator('mark').count()) > 0);
  });

  test('the theme is remembered', async (t) => {
    const { page } = await open(t, '/ui/topics');
    const theme = (): Promise<string | undefined> => page.evaluate(() => document.documentElement.dataset['theme']);
    await page.getByRole('button', { name: /^Theme: as the system/ }).click();
    assert.equal(await theme(), 'light');
    await page.reload();
    assert.equal(await theme(), 'light');
  });

  test('reduced motion: no record moves', async (t) => {
    const { page } = await open(t, '/ui/', { perSecond: 20, browser: { reducedMotion: 'reduce' } });
    await page.getByRole('button', { name: /^Topic twitter-topic/ }).waitFor();
    await page.waitForTimeout(2500);
    const painted = await page.locator('canvas').evaluate((canvas: HTMLCanvasElement) => {
      const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      return data.some((value) => value !== 0);
    });
    assert.equal(painted, false);
  });
});

async function assertSoon(check: () => void): Promise<void> {
  for (let turn = 0; ; turn += 1) {
    try {
      return check();
    } catch (error) {
      if (turn >= 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
