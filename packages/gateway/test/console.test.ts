import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { startGateway } from '../index.ts';

const script = 'console.log("headwater");\n'.repeat(200);

async function built(): Promise<{ directory: string; [Symbol.asyncDispose](): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'headwater-console-'));
  await mkdir(join(directory, 'assets'));
  await writeFile(join(directory, 'index.html'), '<!doctype html><title>Headwater</title>');
  await writeFile(join(directory, 'assets', 'index-DiwrgTda.js'), script);
  await writeFile(join(directory, 'favicon.svg'), '<svg/>');
  await symlink('/etc/passwd', join(directory, 'passwd.txt'));
  return { directory, [Symbol.asyncDispose]: () => rm(directory, { recursive: true }) };
}

/** The bytes as they were sent: fetch would inflate them. */
function get(
  url: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const req = request(url, { headers, method }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk) => chunks.push(chunk));
      res.on('end', () => resolve({ status: res.statusCode!, headers: res.headers, body: Buffer.concat(chunks) }));
    });
    req.on('error', reject);
    req.end();
  });
}

test('the console: pages, files, caching, compression, policy', async () => {
  await using console = await built();
  await using gateway = await startGateway({ routes: [], parts: {}, consoleDir: console.directory });
  const root = await get(`${gateway.url}/`);
  assert.deepEqual([root.status, root.headers.location], [302, '/ui/']);
  assert.equal((await get(`${gateway.url}/ui`)).headers.location, '/ui/');

  const page = await get(`${gateway.url}/ui/topics/orders?partition=1`);
  assert.equal(page.status, 200);
  assert.match(page.body.toString(), /<title>Headwater/);
  assert.equal(page.headers['cache-control'], 'no-cache');
  assert.match(String(page.headers['content-security-policy']), /script-src 'self'.*frame-ancestors 'none'/);
  assert.equal(page.headers['x-content-type-options'], 'nosniff');
  assert.equal(
    (await get(`${gateway.url}/ui/topics/orders.v1`, { accept: 'text/html' })).status,
    200,
    'a page address may hold a dot',
  );

  const asset = `${gateway.url}/ui/assets/index-DiwrgTda.js`;
  const plain = await get(asset);
  assert.equal(plain.body.toString(), script);
  assert.equal(plain.headers['cache-control'], 'public, max-age=31536000, immutable');
  assert.equal(plain.headers['content-type'], 'text/javascript; charset=utf-8');
  const br = await get(asset, { 'accept-encoding': 'gzip, deflate, br' });
  assert.equal(br.headers['content-encoding'], 'br');
  assert.equal(brotliDecompressSync(br.body).toString(), script);
  const gz = await get(asset, { 'accept-encoding': 'br;q=0, gzip' });
  assert.equal(gunzipSync(gz.body).toString(), script);
  const again = await get(asset, { 'if-none-match': `W/${String(plain.headers.etag)}` });
  assert.deepEqual([again.status, again.body.length], [304, 0]);
  const head = await get(asset, {}, 'HEAD');
  assert.deepEqual([head.status, head.headers['content-length'], head.body.length], [200, String(script.length), 0]);

  assert.equal((await get(`${gateway.url}/ui/assets/gone-12345678.js`)).status, 404, 'no page in place of a script');
  assert.equal((await get(`${gateway.url}/ui/passwd.txt`)).status, 404, 'a link out of the directory is not followed');
  assert.equal((await get(`${gateway.url}/ui/`, {}, 'DELETE')).status, 405);
});

test('a new build is served without a restart', async () => {
  await using console = await built();
  await using gateway = await startGateway({ routes: [], parts: {}, consoleDir: console.directory });
  await get(`${gateway.url}/ui/`);
  await writeFile(join(console.directory, 'index.html'), '<!doctype html><title>newer</title>');
  assert.match((await get(`${gateway.url}/ui/`)).body.toString(), /newer/);
});

test('without a build the page says how to make one; without a console there is none', async () => {
  await using unbuilt = await startGateway({ routes: [], parts: {}, consoleDir: '/nonexistent' });
  const answer = await get(`${unbuilt.url}/ui/`);
  assert.equal(answer.status, 503);
  assert.match(answer.body.toString(), /npm run build --workspace @headwater\/console/);
  await using none = await startGateway({ routes: [], parts: {} });
  assert.equal((await get(`${none.url}/ui/`)).status, 404);
  assert.equal((await get(`${none.url}/`)).headers.location, '/api');
});
