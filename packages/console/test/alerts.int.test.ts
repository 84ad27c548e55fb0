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

  test('a rule is made: an example by its kind, tried before it is on, and changed', async (t) => {
    const { page, fixture, complaints } = await open(t, '/ui/alerts?view=rules');
    await page.getByRole('button', { name: 'New rule' }).click();
    const panel = page.getByRole('complementary');
    await panel.getByLabel('Kind').selectOption('lag');
    const text = panel.getByLabel('Rule, YAML or JSON');
    assert.match(await text.inputValue(), /^kind: lag\n/);
    const on = panel.getByRole('button', { name: 'Switch on' });
    assert.equal(await on.isDisabled(), true);
    await panel.getByLabel('Name').fill('ServiceDown');
    await panel.getByText('There is a rule of this name').waitFor();
    await panel.getByLabel('Name').fill('TooMany');
    await text.fill('kind: rate\ntopic: nowhere\nvalue: 3\n');
    await panel.getByRole('button', { name: 'Test on past data' }).click();
    await panel.getByText('There is no topic nowhere').waitFor();
    await on.click();
    await page.getByText('Rule TooMany is on').waitFor();
    await panel.getByRole('button', { name: 'Change' }).click();
    assert.match(await text.inputValue(), /^kind: rate\ntopic: orders\nvalue: 3\n/);
    await text.fill('kind: rate\ntopic: orders\nvalue: 5\n');
    await panel.getByRole('button', { name: 'Save' }).click();
    await panel.getByText('5 or more records of orders').waitFor();
    assert.equal(fixture.requests.filter((each) => each === 'PUT /api/monitor/alerts/rules/TooMany').length, 2);
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
