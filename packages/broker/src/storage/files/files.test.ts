import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { FilePool } from './file-pool.ts';
import type { Files } from './files.ts';
import { memoryFiles } from './memory-files.ts';
import { nodeFiles } from './node-files.ts';

const scratch = mkdtempSync(join(tmpdir(), 'headwater-files-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

// One contract, two disks.
const disks: [string, Files, string][] = [
  ['node', nodeFiles(), scratch],
  ['memory', memoryFiles(), '/data'],
];

for (const [name, files, root] of disks) {
  describe(`${name} files`, () => {
    test('reads back what was written, over chunk borders, with gaps as zeros', () => {
      files.makeDirectory(`${root}/a/b`);
      const file = files.open(`${root}/a/b/data`, 'create');
      const bytes = Buffer.alloc(700_000, 'headwater');
      file.writeSync(bytes, 0);
      file.writeSync(Buffer.from('end'), 800_000);
      assert.equal(file.sizeBytes(), 800_003);
      const all = Buffer.alloc(900_000, 1);
      assert.equal(file.readSync(all, 0), 800_003);
      assert.ok(all.subarray(0, 700_000).equals(bytes));
      assert.ok(all.subarray(700_000, 800_000).every((byte) => byte === 0));
      assert.equal(all.toString('latin1', 800_000, 800_003), 'end');
      assert.equal(file.readSync(all, 900_000), 0);
      file.close();
      file.close();
    });

    test('truncates, and what grows again after it is zeros', async () => {
      const file = files.open(`${root}/a/cut`, 'create');
      file.writeSync(Buffer.alloc(1000, 7), 0);
      file.truncate(10);
      file.truncate(20);
      const all = Buffer.alloc(100, 1);
      assert.equal(await file.read(all, 0), 20);
      assert.deepEqual([...all.subarray(8, 12)], [7, 7, 0, 0]);
      await file.sync();
      file.syncSync();
      file.close();
    });

    test('open asks for a file that exists unless told to create it', () => {
      assert.throws(() => files.open(`${root}/a/none`, 'read'), { code: 'ENOENT' });
      assert.throws(() => files.open(`${root}/a/none`, 'write'), { code: 'ENOENT' });
      files.open(`${root}/a/none`, 'create').close();
      assert.ok(files.exists(`${root}/a/none`));
      files.remove(`${root}/a/none`);
      files.remove(`${root}/a/none`);
      assert.ok(!files.exists(`${root}/a/none`));
      assert.throws(() => files.list(`${root}/nowhere`), { code: 'ENOENT' });
    });

    test('replaces, renames and removes trees', async () => {
      files.replaceFile(`${root}/a/state`, Buffer.from('one'), true);
      files.replaceFile(`${root}/a/state`, Buffer.from('two'), false);
      assert.equal(files.readFile(`${root}/a/state`).toString(), 'two');
      assert.equal(files.sizeBytes(`${root}/a/state`), 3);
      assert.ok(Math.abs(files.modifiedAtMs(`${root}/a/state`) - Date.now()) < 60_000);
      files.makeDirectory(`${root}/from/deep`);
      files.replaceFile(`${root}/from/deep/x`, Buffer.from('x'), false);
      files.rename(`${root}/from`, `${root}/to`);
      files.syncDirectory(root);
      assert.equal(files.readFile(`${root}/to/deep/x`).toString(), 'x');
      assert.deepEqual(files.list(`${root}/to`), [{ name: 'deep', isDirectory: true }]);
      await files.removeTree(`${root}/to`);
      await files.removeTree(`${root}/to`);
      assert.ok(!files.exists(`${root}/to`));
    });

    test('a file that was removed can be read through an open handle', () => {
      const file = files.open(`${root}/a/gone`, 'create');
      file.writeSync(Buffer.from('still here'), 0);
      files.remove(`${root}/a/gone`);
      const bytes = Buffer.alloc(10);
      file.readSync(bytes, 0);
      assert.equal(bytes.toString(), 'still here');
      file.close();
    });

    test('a directory is locked once, and free after the release', () => {
      const lock = files.lock(root);
      assert.equal(lock.stalePid, null);
      assert.throws(() => files.lock(root), { code: 'HW_BROKER_DATA_DIR_LOCKED' });
      lock.release();
      lock.release();
      files.lock(root).release();
    });

    test('the pool keeps few files open and all of them usable', async () => {
      const pool = new FilePool(files, 8);
      files.makeDirectory(`${root}/pool`);
      const many = Array.from({ length: 50 }, (_, index) => pool.file(`${root}/pool/${index}`));
      for (const file of many) file.create();
      for (const [index, file] of many.entries()) file.writeSync(Buffer.from([index]), 0);
      assert.ok(pool.openCount <= 8, `${pool.openCount} open`);
      const reads = many.map(async (file) => {
        const byte = Buffer.alloc(1);
        await file.read(byte, 0);
        return byte[0];
      });
      assert.deepEqual(await Promise.all(reads), [...many.keys()]);
      const byte = Buffer.alloc(1);
      many[0]!.readSync(byte, 0);
      for (const file of many) file.release();
      assert.equal(pool.openCount, 0);
      files.remove(many[3]!.path);
      assert.throws(() => many[3]!.writeSync(byte, 0), { code: 'ENOENT' });
    });
  });
}
