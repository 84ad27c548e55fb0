import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { closeBrowser, open, skip } from './browser.ts';

describe('alerts', { skip, concurrency: 2 }, () => {
  after(closeBrowser);

  test('g a leads to alerts, the worst first; an alert leads to its service and is silenced with a reason', async (t) => {
    const { page, fixture, complaints } = await open(t, '/ui/topics');
    await page.getByRole('link', { name: 'Alerts', exact: true }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('a');
    const rows = page.getByRole('grid', { name: 'Alerts now' }).getByRole('row');
    await rows.nth(3).waitFor();
    await page.getByRole('banner').getByText('Alerts').waitFor();
    const names = await rows.locator('.alerts-rule').allInnerTexts();
    assert.deepEqual(
      names.map((name) => name.split('\n')[0]),
      ['ServiceDown', 'LagGrowing', 'ErrorRatioHigh'],
    );
    await page.getByText('billing is down').click();
    const panel = page.getByRole('complementary');
    assert.match(
      (await panel.getByRole('link', { name: 'Service', exact: true }).getAttribute('href')) ?? '',
      /\/ui\/services\?service=billing$/,
    );
    await panel.getByRole('button', { name: 'Silence' }).click();
    await panel.getByText('Keeps 1 alert quiet now: ServiceDown').waitFor();
    await panel.getByLabel('Why').fill('It is moved');
    await panel.getByRole('button', { name: 'Silence for 2 hours' }).click();
    await page.getByText('Silenced for 2 hours').waitFor();
    assert.ok(fixture.requests.includes('POST /api/monitor/api/v2/silences'));
    await page.getByRole('button', { name: 'Silences' }).click();
    await page.getByText('It is moved').waitFor();
    assert.deepEqual(complaints, []);
  });

  test('a rule is tried on the past, and one that was made at run time is deleted after saying what follows', async (t) => {
    const { page, fixture, complaints } = await open(t, '/ui/alerts?view=rules');
    await page.getByText('3 or more records of orders within 5m where status="failed"').click();
    await page.getByRole('button', { name: 'Test on past data' }).click();
    await page.getByText('It would have fired once').waitFor();
    await page.getByRole('button', { name: 'Delete' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete the rule FailedOrders?' });
    await dialog.getByText('Nothing of it fires now.').waitFor();
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('Rule FailedOrders deleted').waitFor();
    assert.ok(fixture.requests.includes('DELETE /api/monitor/alerts/rules/FailedOrders'));
    // What stands in the file is not deleted here.
    await page.getByText('status of headwater-service-status is DOWN').click();
    await page.getByRole('button', { name: 'Test on past data' }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Delete' }).count(), 0);
    assert.deepEqual(complaints, []);
  });
});
