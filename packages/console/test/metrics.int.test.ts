import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { closeBrowser, open, skip } from './browser.ts';

describe('metrics', { skip, concurrency: 2 }, () => {
  after(closeBrowser);

  test('g x leads to metrics; a name is completed, asked, and stands in the address; lines are switched off', async (t) => {
    const { page, complaints } = await open(t, '/ui/topics');
    await page.getByRole('link', { name: 'Metrics', exact: true }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('x');
    await page.getByText('8 metrics to ask for').waitFor();
    const small = page.getByRole('region', { name: 'Overview' }).getByRole('article', { name: 'Memory' });
    await small.getByText(/MB$/).first().waitFor();
    await small.getByRole('button', { name: 'Memory' }).click();
    await page.getByRole('button', { name: /^orders .* MB$/ }).waitFor();
    assert.match(new URL(page.url()).searchParams.get('q')!, /process_resident_memory_bytes/);
    await page.goBack();
    const box = page.getByRole('combobox', { name: 'PromQL' });
    await box.fill('resident');
    await page.getByRole('option', { name: /process_resident_memory_bytes/ }).click();
    assert.equal(await box.inputValue(), 'process_resident_memory_bytes');
    await box.press('Enter');
    const orders = page.getByRole('button', { name: /^orders .* MB$/ });
    await orders.waitFor();
    assert.equal(new URL(page.url()).searchParams.get('q'), 'process_resident_memory_bytes');
    // Billing was away for a while: its line is in two parts.
    assert.equal(await page.locator('.line-chart-line').count(), 5);
    await orders.click();
    assert.equal(await orders.getAttribute('aria-pressed'), 'false');
    assert.equal(await page.locator('.line-chart-line').count(), 4);
    await page.getByRole('button', { name: 'Table' }).click();
    await page.getByRole('grid', { name: 'Values' }).getByText('gateway').waitFor();
    assert.deepEqual(complaints, []);
  });

  test('a mistake is told in the words of the server, and a ready question repairs it', async (t) => {
    const { page } = await open(t, '/ui/metrics?q=sum(up');
    await page.getByText('unclosed left parenthesis').waitFor();
    await page.getByRole('button', { name: 'Memory', exact: true }).click();
    await page.getByRole('button', { name: /^orders/ }).waitFor();
  });
});
