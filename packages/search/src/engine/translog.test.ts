import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diskError, MemoryFiles } from '../../test/support/memory-files.ts';
import { decodeOps, OpEncoder, opDelete, opIndex, Translog, type TranslogOp } from './translog.ts';

const path = (generation: number): string => `log-${generation}`;

const ops: TranslogOp[] = [
  { kind: opIndex, seqNo: 0, primaryTerm: 1, version: 1, id: 'a', routing: null, source: Buffer.from('{"n":1}') },
  { kind: opIndex, seqNo: 1, primaryTerm: 1, version: 2 ** 53 - 1, id: 'ß🚀', routing: 'r', source: Buffer.from('{}') },
  { kind: opDelete, seqNo: 2, primaryTerm: 7, version: 3, id: 'a', routing: '', source: null },
];

function encoded(list: readonly TranslogOp[]): OpEncoder {
  const encoder = new OpEncoder();
  for (const op of list) encoder.add(op);
  return encoder;
}

async function written(): Promise<Buffer> {
  const files = new MemoryFiles();
  const log = new Translog(files, path, 1, 0);
  log.append(encoded(ops));
  await log.sync();
  return files.readFile('log-1');
}

function read(file: Buffer): { found: TranslogOp[]; validBytes: number } {
  const found: TranslogOp[] = [];
  const { validBytes } = decodeOps(file, (op) => found.push(op));
  return { found, validBytes };
}

test('operations come back as they were written', async () => {
  const file = await written();
  assert.deepEqual(read(file), { found: ops, validBytes: file.length });
});

test('a log that ends anywhere gives the operations before that place', async () => {
  const file = await written();
  const ends = [0, 1, 2, 3].map((count) => {
    const chunks = encoded(ops.slice(0, count)).chunks();
    return 8 + chunks.reduce((size, chunk) => size + chunk.length, 0);
  });
  for (let length = 0; length <= file.length; length++) {
    const whole = ends.filter((end) => end <= length).length - 1;
    const { found, validBytes } = read(file.subarray(0, length));
    assert.equal(found.length, Math.max(0, whole), `cut at ${length}`);
    assert.equal(validBytes, whole < 0 ? 0 : ends[whole], `cut at ${length}`);
  }
});

test('no flipped bit goes unnoticed', async () => {
  const file = await written();
  for (let at = 0; at < file.length * 8; at++) {
    const damaged = Buffer.from(file);
    damaged[at >>> 3]! ^= 1 << (at & 7);
    assert.ok(read(damaged).found.length < ops.length, `bit ${at}`);
  }
});

test('large documents stand between small ones without being copied', () => {
  const large = Buffer.from(JSON.stringify({ text: 'x'.repeat(100_000) }));
  const list: TranslogOp[] = Array.from({ length: 200 }, (_, i) => ({
    ...ops[0]!,
    seqNo: i,
    id: `d${i}`,
    source: i % 50 === 7 ? large : Buffer.from(`{"n":${i},"pad":"${'y'.repeat(i * 3)}"}`),
  }));
  const encoder = encoded(list);
  assert.ok(encoder.chunks().includes(large));
  assert.deepEqual(read(Buffer.concat([Buffer.from('HWTLOG01'), ...encoder.chunks()])).found, list);
});

test('callers at the same time share calls to the disk', async () => {
  const files = new MemoryFiles();
  const log = new Translog(files, path, 1, 0);
  let syncs = 0;
  files.fault = (operation) => {
    if (operation === 'sync') syncs++;
  };
  await Promise.all(Array.from({ length: 50 }, () => log.sync()));
  assert.equal(syncs, 2);
});

test('after a failed sync only a commit makes it trustworthy again', async () => {
  const files = new MemoryFiles();
  const log = new Translog(files, path, 1, 0);
  log.append(encoded(ops));
  files.fault = (operation) => {
    if (operation === 'sync') throw diskError('EIO');
  };
  await assert.rejects(log.sync());
  files.fault = () => {};
  assert.equal(log.isSuspect, true);
  log.committed(log.roll());
  assert.equal(log.isSuspect, false);
  await log.sync();
});

test('what an earlier generation holds is synced too, until a commit replaces it', async () => {
  const files = new MemoryFiles();
  const log = new Translog(files, path, 1, 0);
  const synced: string[] = [];
  files.fault = (operation, name) => {
    if (operation === 'sync') synced.push(name);
  };
  log.append(encoded([ops[0]!]));
  log.roll();
  log.append(encoded([ops[1]!]));
  log.roll();
  await log.sync();
  assert.deepEqual(synced, ['log-1', 'log-2', 'log-3']);
  await log.sync();
  assert.deepEqual(synced.slice(3), ['log-3']);
});
