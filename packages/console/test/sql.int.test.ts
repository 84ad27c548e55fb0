import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { closeBrowser, open, skip } from './browser.ts';

describe('streaming SQL', { skip, concurrency: 2 }, () => {
  after(closeBrowser);

  test('rows of a push query come as they are written, exactly, until it is stopped', async (t) => {
    const { fixture, page, complaints } = await open(t, '/ui/sql');
    await page.getByRole('textbox', { name: 'SQL' }).fill('SELECT * FROM rides EMIT CHANGES;');
    await page.keyboard.press('Control+Enter');
    const grid = page.getByRole('grid', { name: 'Rows' });
    await grid.getByText('9007199254740995').waitFor();
    assert.equal(fixture.ride(), 1);
    await grid.getByText('9007199254740996').waitFor();
    await page.getByText('Running: 4 rows').waitFor();
    // The newest is on top.
    assert.match((await grid.getByRole('row').nth(1).textContent()) ?? '', /rider-09007199254740996/);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('Stopped after 4 rows').waitFor();
    for (;;)
      if (fixture.ride() === 0) break;
      else await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
    assert.match(page.url(), /q=SELECT/);
    assert.deepEqual(complaints, []);
  });

  test('words, columns and sources are completed by keyboard', async (t) => {
    const { page } = await open(t, '/ui/sql');
    await page.getByRole('button', { name: 'RIDES', exact: true }).waitFor();
    const editor = page.getByRole('textbox', { name: 'SQL' });
    await editor.pressSequentially('select * from ri');
    await page.getByRole('option', { name: 'rides' }).waitFor();
    await page.keyboard.press('Tab');
    assert.equal(await editor.inputValue(), 'select * from rides');
    await editor.pressSequentially(' where pa');
    await page.getByRole('option', { name: 'paid' }).waitFor();
    await page.keyboard.press('Escape');
    assert.equal(await page.getByRole('listbox', { name: 'Completions' }).count(), 0);
    assert.equal(await editor.inputValue(), 'select * from rides where pa');
  });

  test('a mistake is told and marked; a statement that is right is done', async (t) => {
    const { page } = await open(t, '/ui/sql');
    const editor = page.getByRole('textbox', { name: 'SQL' });
    await editor.fill('SHOW STREAMS;\nFROB x;');
    await page.keyboard.press('Control+Enter');
    await page.getByRole('alert').getByText("Unknown statement 'FROB'").waitFor();
    assert.equal(await page.locator('.sql-error-at').textContent(), 'FROB');
    await editor.fill("CREATE STREAM x (a INT) WITH (format='JSON');");
    await page.getByRole('button', { name: 'Run' }).click();
    await page.getByText('Stream created').waitFor();
  });

  test('what there is: sources, queries, how far a rewound one is, and plans', async (t) => {
    const { page, complaints } = await open(t, '/ui/sql');
    await page.getByText('rewinding 42 %').waitFor();
    await page.getByRole('button', { name: 'CTAS_KM_BY_RIDER_1', exact: true }).click();
    await page.getByRole('region', { name: 'Plan' }).getByText('[ AGGREGATE ]').waitFor();
    await page.getByRole('button', { name: 'Write TERMINATE CTAS_KM_BY_RIDER_1', exact: true }).click();
    assert.equal(await page.getByRole('textbox', { name: 'SQL' }).inputValue(), 'TERMINATE CTAS_KM_BY_RIDER_1;');
    await page.getByRole('button', { name: 'RIDES', exact: true }).click();
    await page.getByRole('grid', { name: 'Rows' }).getByText('rider-0').first().waitFor();
    assert.deepEqual(complaints, []);
  });
});
