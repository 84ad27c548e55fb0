import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { closeBrowser, open, skip } from './browser.ts';

const ada = { user: 'ada', roles: ['viewer'], isDeveloper: false, isLoggedIn: true, canLogIn: true };

describe('the page for users', { skip }, () => {
  after(closeBrowser);

  test('a search, its words, what is new, and the way back', async (t) => {
    const { fixture, page, complaints } = await open(t, '/ui/tweets');
    await page.getByRole('list', { name: 'Tweets' }).getByRole('link').first().waitFor();
    assert.equal(await page.getByRole('navigation', { name: 'Places' }).count(), 0, 'no operators’ rail');
    await page.keyboard.press('/');
    await page.keyboard.type('kafka java');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\?q=kafka\+java$/);
    await page.locator('.tweet mark', { hasText: 'Java' }).first().waitFor();
    await page.getByText('counted by the streams service').waitFor();
    await page.getByRole('list', { name: 'Counts of the words of “kafka java”' }).getByText('java').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    fixture.world.tweet(Date.now(), 'java and a heron that nobody knows');
    await page.getByRole('button', { name: 'Show 1 new tweet' }).waitFor();
    assert.equal(await page.getByText('a heron that nobody knows').count(), 0, 'nothing jumps');
    await page.getByRole('searchbox').blur();
    await page.keyboard.press('n');
    await page.getByText('a heron that nobody knows').waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    const panel = page.getByRole('complementary', { name: /^Tweet \d+$/ });
    await panel.getByText('heron').waitFor();
    await panel.getByRole('button', { name: 'Follow' }).waitFor();
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Best' }).click();
    await page.getByRole('button', { name: 'Next page' }).click();
    await page.waitForURL(/sort=best.*page=2/);
    await page.getByText(/^21–40 of/).waitFor();
    await page.getByRole('list', { name: 'Words of the last minute' }).getByRole('link').first().click();
    await page.waitForURL(/\?q=[a-z]+$/);
    await page.goBack();
    await page.getByText(/^21–40 of/).waitFor();
    assert.deepEqual(complaints, []);
  });

  test('who is logged in has neither console nor traces; who is an admin has both', async (t) => {
    const { fixture, page } = await open(t, '/ui/tweets?q=kafka');
    await page.getByText('You are developer').waitFor();
    fixture.setUser(ada);
    await page.reload();
    await page.getByRole('button', { name: 'ada' }).waitFor();
    await page.locator('.tweet').first().waitFor();
    await page.getByText(/^answered in/).waitFor();
    await page.locator('.tweet').first().click();
    await page.getByRole('button', { name: 'Copy link' }).waitFor();
    assert.equal(await page.getByText(/Who may read it|^Follow$/).count(), 0);
    assert.equal(await page.getByRole('link', { name: /Console|Trace of this search/ }).count(), 0);
    fixture.setUser({ ...ada, user: 'grace', roles: ['admin'] });
    await page.reload();
    await page.getByRole('link', { name: 'Trace of this search' }).waitFor();
    await page.locator('.tweet').first().click();
    await page.getByText('every tweet').waitFor();
    await page.getByRole('textbox', { name: 'User, or role:NAME' }).fill('ada');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Take READ on this tweet from user:ada' }).click();
    await page.getByText('user:ada may not read it any more').waitFor();
    assert.deepEqual(
      fixture.requests.filter((line) => line.includes('/permissions/')).map((line) => line.replace(/\d+/, 'ID')),
      ['PUT', 'DELETE'].map((method) => `${method} /query/documents/ID/permissions/user%3Aada`),
    );
    await page.getByRole('link', { name: 'Console' }).click();
    await page.getByRole('navigation', { name: 'Places' }).waitFor();
  });

  test('what stands in the way is said, and passes by itself where it can', async (t) => {
    const { fixture, page } = await open(t, '/ui/tweets?q=kafka');
    await page.locator('.tweet').first().waitFor();
    const error = (code: string, message: string) => ({ error: { code, message } });
    const search = async (text: string): Promise<void> => {
      await page.getByRole('searchbox').fill(text);
      await page.getByRole('searchbox').press('Enter');
    };
    const alert = page.getByRole('alert');
    const busy = error('HW_GATEWAY_RATE_LIMITED', 'too many requests');
    fixture.setQueryRefusal({ status: 429, body: busy, headers: { 'retry-after': '1' } });
    await search('java');
    await alert.getByText('That was too fast.').waitFor();
    assert.ok((await page.locator('.tweet').count()) > 0, 'what was found stays in sight');
    fixture.setQueryRefusal(null);
    await page.locator('.tweet mark', { hasText: 'Java' }).first().waitFor();
    await alert.waitFor({ state: 'detached' });

    fixture.setQueryRefusal({ status: 200, body: { fallbackMessage: 'Fallback result for elastic-query-service!' } });
    await search('node');
    await alert.getByText('Fallback result for elastic-query-service!').waitFor();
    fixture.setQueryRefusal(null);
    await page.locator('.tweet mark', { hasText: 'Node' }).first().waitFor();

    fixture.setQueryRefusal({ status: 403, body: error('HW_TWEETS_FORBIDDEN', 'no READ on the document 17') });
    await search('broker');
    await alert.getByText('You may not read this.').waitFor();
    await alert.getByText('no READ on the document 17').waitFor();

    fixture.setUser({ user: null, roles: [], isDeveloper: false, isLoggedIn: false, canLogIn: true });
    fixture.setQueryRefusal({ status: 401, body: error('HW_GATEWAY_UNAUTHORIZED', 'send a token') });
    await search('gateway');
    await alert.getByText('Your session has ended.').waitFor();
    await page.route('**/oauth/login?*', (route) => route.fulfill({ body: 'login' }));
    await alert.getByRole('button', { name: 'Log in again' }).click();
    await page.waitForURL(/\/oauth\/login\?return_to=%2Fui%2Ftweets%3Fq%3Dgateway$/);
  });

  test('the page keeps within what a user may ask', async (t) => {
    const { fixture, page } = await open(t, '/ui/tweets');
    await page.locator('.tweet').first().waitFor();
    const startedAt = Date.now();
    const count = (): number => fixture.requests.filter((line) => line.includes(' /query/')).length;
    const before = count();
    for (let index = 0; index < 12; index += 1) {
      await page.getByRole('searchbox').fill(`kafka ${index}`);
      await page.getByRole('searchbox').press('Enter');
    }
    await page.waitForURL(/kafka\+11/);
    await page.getByText(/^answered in/).waitFor();
    const seconds = (Date.now() - startedAt) / 1000;
    assert.ok(count() - before <= 4 + 4 * seconds + 1, `${count() - before} requests in ${seconds} s`);
  });

  test('narrow: tweets and words take turns', async (t) => {
    const { page } = await open(t, '/ui/tweets?q=kafka', { browser: { viewport: { width: 390, height: 844 } } });
    await page.locator('.tweet').first().waitFor();
    await page.getByText('Word count').waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Words' }).click();
    await page.getByText('Word count').waitFor();
    await page.locator('.tweet').first().waitFor({ state: 'hidden' });
    await page.waitForURL(/view=words/);
  });
});
