import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { giantLineId, injectedLineId } from '../dev/log-world.ts';
import { closeBrowser, open, skip } from './browser.ts';

const lines = (page: Page) => page.getByRole('grid', { name: 'Log lines' });
const box = (page: Page) => page.getByRole('combobox', { name: 'Text, or field:value' });

describe('logs', { skip, concurrency: 2 }, () => {
  after(closeBrowser);

  test('values are asked for and left out by a click, all in the URL', async (t) => {
    const { page, complaints } = await open(t, '/ui/logs');
    await page.getByText(/^1,402 lines in/).waitFor();
    const fields = page.getByRole('complementary', { name: 'Fields' });
    await fields.getByRole('button', { name: /^login/ }).click();
    await page.waitForURL(/q=service:login/);
    await page.getByText(/^2 lines in/).waitFor();
    await page.goBack();
    await page.getByText(/^1,402 lines in/).waitFor();
    await fields.getByRole('button', { name: 'Without level DEBUG' }).click();
    await page.waitForURL(/q=-level:DEBUG/);
    await lines(page).getByText('DEBUG').first().waitFor({ state: 'detached' });
    await fields.getByRole('button', { name: 'Show host as a column' }).click();
    await page.waitForURL(/cols=host/);
    await lines(page).getByRole('columnheader', { name: 'host' }).waitFor();
    assert.deepEqual(complaints, []);
  });

  test('the box suggests fields and values, by keyboard', async (t) => {
    const { page } = await open(t, '/ui/logs');
    await page.getByText(/^1,402 lines in/).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('serv');
    await page.getByRole('option', { name: /^service:/ }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.keyboard.type('log');
    await page.getByRole('option', { name: /^service:login/ }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByText(/^2 lines in/).waitFor();
    assert.equal((await box(page).inputValue()).trim(), 'service:login');
    await box(page).fill('streams (');
    await page.getByRole('alert').getByText('Failed to parse query').waitFor();
  });

  test('the histogram counts by level, and dragging over it zooms', async (t) => {
    const { page } = await open(t, '/ui/logs?q=level:ERROR');
    const figure = page.getByRole('figure', { name: /lines over time, by level/ });
    await figure.getByRole('table').getByRole('columnheader', { name: 'errors' }).waitFor({ state: 'attached' });
    const plot = (await figure.locator('.chart-plot').boundingBox())!;
    await page.mouse.move(plot.x + plot.width * 0.4, plot.y + 20);
    await page.mouse.down();
    await page.mouse.move(plot.x + plot.width * 0.9, plot.y + 20, { steps: 4 });
    await page.mouse.up();
    await page.waitForURL(/from=\d{4}-.*&to=\d{4}-/);
  });

  test('a line in full: its stack, its trace, what was said around it', async (t) => {
    const { page, complaints } = await open(t, '/ui/logs?q=level:ERROR');
    await lines(page).getByText('streams did not answer').first().click();
    const panel = page.getByRole('complementary', { name: 'Log line' });
    await panel.getByRole('region', { name: 'Stack' }).getByText('at callService').waitFor();
    await panel.getByRole('heading', { name: 'Around it, same instance' }).waitFor();
    await panel.locator('[aria-current]').waitFor();
    await panel.getByRole('link', { name: /^Trace / }).click();
    await page.waitForURL(/\/ui\/traces\/[0-9a-f]{32}/);
    await page.getByRole('treegrid', { name: 'Spans' }).waitFor();
    assert.deepEqual(complaints, []);
  });

  test('a line that tries to forge others is seen as what it is, and a giant one is cut with its size', async (t) => {
    const { page } = await open(t, `/ui/logs?q=service:login&line=${injectedLineId}`);
    const message = page.getByRole('complementary', { name: 'Log line' }).getByRole('region', { name: 'Message' });
    await message.getByText('␛[31madmin␛[0m↵').waitFor();
    await message.getByText('⟨U+202E⟩gnp.exe').waitFor();
    await lines(page)
      .getByText(/␛\[31madmin.*↵2026/)
      .waitFor();
    await page.goto(page.url().replace(injectedLineId, giantLineId));
    const panel = page.getByRole('complementary', { name: 'Log line' });
    await panel.getByText(/58,006 more characters, 64\.0 kB in all/).waitFor();
    await panel.getByRole('button', { name: 'Show all' }).click();
    await panel.getByText(/more characters/).waitFor({ state: 'detached' });
  });

  test('templates lead to their lines', async (t) => {
    const { page } = await open(t, '/ui/logs?view=templates');
    await page.getByText('streams did not answer within <*> s').click();
    await page.waitForURL(/q=template/);
    await page.getByText(/^\d+ lines in/).waitFor();
    await lines(page).getByText('INFO', { exact: true }).first().waitFor({ state: 'detached' });
  });

  test('live: as it is written, filtered without asking again, paused and counted', async (t) => {
    const { fixture, page } = await open(t, '/ui/logs?view=live');
    await page.getByText('Waiting for the next line').waitFor();
    fixture.logs.write('INFO', 'order 1 placed');
    fixture.logs.write('ERROR', 'order 2 refused');
    await lines(page).getByText('order 2 refused').waitFor();
    await lines(page).getByText('order 1 placed').waitFor();
    await box(page).fill('level:ERROR order');
    await page.getByText('1 of 2 fit').waitFor();
    await lines(page).getByText('order 1 placed').waitFor({ state: 'detached' });
    assert.equal(await lines(page).locator('mark').textContent(), 'order');
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    fixture.logs.write('ERROR', 'order 3 refused');
    await page.getByRole('button', { name: '1 new' }).waitFor();
    assert.equal(await lines(page).getByText('order 3 refused').count(), 0);
    await page.getByRole('button', { name: '1 new' }).click();
    await lines(page).getByText('order 3 refused').waitFor();
  });

  test('what was written since is counted, and shown when one asks', async (t) => {
    const { fixture, page } = await open(t, '/ui/logs?q=service:orders');
    await page.getByText('No line fits in this time').waitFor();
    fixture.logs.write('WARN', 'order 4 is late');
    await page.getByRole('button', { name: '1 new' }).click();
    await lines(page).getByText('order 4 is late').waitFor();
  });
});
