import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { clusterTemplate, templateName } from './cluster-template.ts';

const directory = mkdtempSync(join(tmpdir(), 'headwater-analytics-template-'));
after(() => rmSync(directory, { recursive: true, force: true }));

/** In place of initdb: the files of a small one. */
async function make(made: string): Promise<void> {
  mkdirSync(join(made, 'base'), { recursive: true });
  writeFileSync(join(made, 'PG_VERSION'), '18');
  writeFileSync(join(made, 'base/1'), 'rows');
}

test('two that need the template at once get one whole template', async () => {
  const templates = join(directory, 'both');
  const made = await Promise.all([
    clusterTemplate(undefined, templates, make),
    clusterTemplate(undefined, templates, make),
  ]);
  assert.deepEqual(new Set(made), new Set([join(templates, templateName())]));
  assert.deepEqual(readdirSync(templates), [templateName()], 'nothing half made stays');
  assert.equal(readFileSync(join(made[0]!, 'base/1'), 'utf8'), 'rows');
});

test('one that could not be made leaves nothing, and the next try makes it', async () => {
  const templates = join(directory, 'failed');
  const fail = async (made: string): Promise<void> => {
    await make(made);
    throw new Error('killed');
  };
  await assert.rejects(clusterTemplate(undefined, templates, fail), /killed/);
  assert.deepEqual(readdirSync(templates), []);
  await clusterTemplate(undefined, templates, make);
  await clusterTemplate(undefined, templates, fail);
});

test('what a killed process left is removed when it is old', async () => {
  const templates = join(directory, 'left');
  for (const name of ['.new-old', '.new-young']) mkdirSync(join(templates, name), { recursive: true });
  utimesSync(join(templates, '.new-old'), 0, 0);
  await clusterTemplate(undefined, templates, make);
  assert.deepEqual(readdirSync(templates).sort(), ['.new-young', templateName()]);
});
