import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { TweetSearch } from './tweet-search.ts';

test('the query store is alive when it answers, and not when it is silent until the signal, or gone', async (t) => {
  let isSilent = false;
  const server = createServer((_, response) => void (isSilent || response.end('{}'))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const search = new TweetSearch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'tweets', 'test');
  t.after(() => search.close());
  const { signal } = new AbortController();
  await search.checkAlive(signal);

  isSilent = true;
  const patience = new AbortController();
  const asked = once(server, 'request');
  const silent = assert.rejects(search.checkAlive(patience.signal), /abort/i);
  const [request] = await asked;
  const gone = once(request.socket, 'close');
  patience.abort();
  await Promise.all([silent, gone]);
  await assert.rejects(search.checkAlive(patience.signal), /abort/i);

  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await assert.rejects(search.checkAlive(signal), /ECONNREFUSED/);
});
