import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { createClient } from '@headwater/client';
import { type HeadwaterProcess, startHeadwater, waitFor } from './headwater-process.ts';
import { SecureCaller } from './secure-caller.ts';

// Under `--secure`, who watches the system: nobody gets in without saying who they are, and the parts that watch are let in by all others.

const dir = mkdtempSync(join(tmpdir(), 'headwater-secure-'));
const caller = new SecureCaller(dir);
const parts = 'kafka,registry,rest,search,discovery,config,zipkin,otlp,logs,prometheus,monitor,identity,gateway';
let system: HeadwaterProcess;

before(async () => {
  system = await startHeadwater(['--secure', '--data', dir, '--ports', 'auto', '--only', parts]);
});
after(async () => {
  await system?.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** Asks as the administrator. */
async function get<T>(url: string, body?: unknown): Promise<T> {
  const { status, text } = await caller.ask(url, caller.basic('admin'), body);
  assert.equal(status, 200, `${url}: ${text.slice(0, 500)}`);
  return JSON.parse(text) as T;
}

function kafkaUrl(name: string): string {
  return `kafka+ssl://${name}:${caller.passwordOf(name)}@${system.addresses['kafka']}?ca=${encodeURIComponent(caller.caFile)}`;
}

/** @param message a word that no other line has */
async function isIndexed(message: string): Promise<boolean> {
  const url = `${system.addresses['search']}/headwater-logs/_search`;
  const { status, text } = await caller.ask(url, caller.basic('admin'), { query: { match: { message } } });
  return status === 200 && JSON.parse(text).hits.total.value > 0;
}

async function openLines(withCertificate: boolean): Promise<TLSSocket> {
  const [host, port] = system.addresses['logs']!.split(':');
  const own = {
    cert: readFileSync(join(dir, 'secure', 'server.pem')),
    key: readFileSync(join(dir, 'secure', 'server-key.pem')),
  };
  const socket = connect({
    host,
    port: Number(port),
    ca: readFileSync(caller.caFile),
    ...(withCertificate ? own : {}),
  });
  await once(socket, 'secureConnect');
  return socket;
}

test('log lines are taken from who shows a certificate of the system, over HTTP from who logs in', async () => {
  const stranger = await openLines(false);
  const closed = once(
    stranger.on('error', () => {}),
    'close',
  );
  stranger.write('{"service":"orders","level":"error","message":"strangerline"}\n');
  await closed;
  const friend = await openLines(true);
  friend.end('{"service":"orders","level":"error","message":"friendline"}\n');

  const url = `https://${system.addresses['logs']}/`;
  const line = (message: string) => ({ service: 'orders', level: 'error', message });
  assert.equal((await caller.ask(url, undefined, line('nobodyline'))).status, 401);
  const { status, text } = await caller.ask(url, caller.basic('admin'), line('loginline'));
  assert.ok(status >= 200 && status < 300, `${status} ${text}`);

  await waitFor(() => isIndexed('friendline'), undefined, 'the line of a certificate in the query store');
  await waitFor(() => isIndexed('loginline'), undefined, 'the line of a login in the query store');
  assert.equal(await isIndexed('strangerline'), false);
  assert.equal(await isIndexed('nobodyline'), false);
});

test('prometheus: 401 for nobody, and each part lets it scrape', async () => {
  const url = system.addresses['prometheus']!;
  for (const path of ['/api/v1/query?query=up', '/api/v1/targets', '/metrics'])
    assert.equal((await caller.ask(`${url}${path}`)).status, 401, path);
  const scraped = parts.split(',');
  let seen: Record<string, string> = {};
  await waitFor(
    async () => {
      const { data } = await get<{ data: { activeTargets: { health: string; labels: { part?: string } }[] } }>(
        `${url}/api/v1/targets`,
      );
      seen = Object.fromEntries(data.activeTargets.map(({ health, labels }) => [labels.part ?? '', health]));
      return scraped.every((part) => seen[part] === 'up');
    },
    undefined,
    'a scrape of each part',
  ).catch((error: Error) => assert.fail(`${error.message}: ${JSON.stringify(seen)}`));
  await using admin = createClient({ bootstrap: kafkaUrl('admin'), clientId: 'test' });
  await waitFor(async () => {
    const { topics } = await admin.metadata();
    return topics.some(({ name }) => name === 'headwater-metrics');
  });
});

test('monitor: 401 for nobody, and its own topics are its own', async () => {
  const url = system.addresses['monitor']!;
  for (const path of ['/services', '/events', '/stream', '/api/v2/alerts', '/alerts/rules'])
    assert.equal((await caller.ask(`${url}${path}`)).status, 401, path);
  await get(`${url}/services`);
  await using rest = createClient({ bootstrap: kafkaUrl('rest'), clientId: 'test', retryTimeoutMs: 1_000 });
  await assert.rejects(
    rest.produce({ topic: '_headwater-alert-rules', records: [{ key: 'x', value: '{}' }] }),
    /TOPIC_AUTHORIZATION_FAILED|not authorized/i,
  );
});

test('a record is followed with a login only, and the system tells what it logs', async () => {
  await using admin = createClient({ bootstrap: kafkaUrl('admin'), clientId: 'test' });
  const correlationId = 'c-7d1e';
  await admin.produce({
    topic: 'orders',
    records: [{ key: '1', value: 'one', headers: [{ key: 'correlation-id', value: correlationId }] }],
  });
  const path = 'correlate?topic=orders&partition=0&offset=0';
  assert.equal((await caller.ask(`${system.addresses['rest']}/api/${path}`)).status, 401);
  assert.equal((await caller.ask(`${system.addresses['gateway']}/api/${path}`)).status, 401);
  const token = `Bearer ${await caller.tokenOf('sql', system.addresses['identity']!)}`;
  const { status, text } = await caller.ask(`${system.addresses['gateway']}/api/${path}`, token);
  assert.equal(status, 200, text);
  assert.ok(text.includes(correlationId), text);

  await waitFor(
    async () => {
      const { hits } = await get<{ hits: { total: { value: number } } }>(
        `${system.addresses['search']}/headwater-logs/_search`,
        { query: { term: { source: 'otlp' } } },
      );
      return hits.total.value > 0;
    },
    undefined,
    'a line that a part logged',
  );
});
