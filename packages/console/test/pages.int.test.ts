import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { injectedLineId } from '../dev/log-world.ts';
import { tweetTraceId } from '../dev/trace-world.ts';
import { closeBrowser, open, skip } from './browser.ts';

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

interface AxeResults {
  violations: { id: string; help: string; nodes: { html: string; failureSummary?: string }[] }[];
}

/** WCAG 2.2 AA and axe's best practices, none left out; for a second theme only what a theme changes. */
async function checkAccessibility(page: Page, rules: 'all' | 'contrast' = 'all'): Promise<void> {
  // Nothing may be half faded in while contrast is measured.
  await page.waitForFunction(() => document.getAnimations().every((animation) => animation.playState !== 'running'));
  if (rules === 'all') await page.evaluate(await readFile(axePath, 'utf8'));
  const { violations } = await page.evaluate(
    (options) => (globalThis as unknown as { axe: { run(options: object): Promise<AxeResults> } }).axe.run(options),
    rules === 'all' ? {} : { runOnly: ['color-contrast'] },
  );
  const told = violations.map(
    (violation) =>
      `${violation.id}: ${violation.help}\n${violation.nodes
        .slice(0, 5)
        .map((node) => `    ${node.html.slice(0, 200)}\n      ${(node.failureSummary ?? '').replaceAll('\n', ' ')}`)
        .join('\n')}`,
  );
  assert.equal(told.join('\n'), '');
}

/** Each page of the console, and what says that it is there. */
const pages: { name: string; path: string; ready: (page: Page) => Promise<unknown> }[] = [
  { name: 'map', path: '/ui/', ready: (page) => page.getByRole('button', { name: /^Topic twitter-topic/ }).waitFor() },
  {
    name: 'map with a panel',
    path: '/ui/?at=client:streams&q=kafka',
    ready: (page) => page.getByRole('complementary', { name: 'Service streams' }).waitFor(),
  },
  {
    name: 'map as a table',
    path: '/ui/?view=table',
    ready: (page) => page.getByRole('grid', { name: 'Flow' }).getByText('streams').first().waitFor(),
  },
  { name: 'tweets', path: '/ui/tweets?q=kafka', ready: (page) => page.locator('mark').first().waitFor() },
  { name: 'all tweets', path: '/ui/tweets', ready: (page) => page.locator('.tweet, .trend').first().waitFor() },
  { name: 'topics', path: '/ui/topics', ready: (page) => page.getByRole('link', { name: 'twitter-topic' }).waitFor() },
  {
    name: 'create topic',
    path: '/ui/topics?panel=create',
    ready: (page) => page.getByRole('complementary', { name: 'Create a topic' }).waitFor(),
  },
  { name: 'messages', path: '/ui/topics/twitter-topic', ready: (page) => page.getByRole('gridcell').first().waitFor() },
  {
    name: 'record',
    path: '/ui/topics/events?record=0:0',
    ready: (page) => page.getByText('9007199254740993').last().waitFor(),
  },
  {
    name: 'record in hex',
    path: '/ui/topics/events?record=0:2&as=hex',
    ready: (page) => page.getByText('00000000').first().waitFor(),
  },
  {
    name: 'produce',
    path: '/ui/topics/events?panel=produce&record=0:0',
    ready: (page) => page.getByText(/key=order-17/).waitFor(),
  },
  {
    name: 'live tail',
    path: '/ui/topics/twitter-topic?live=1',
    ready: (page) => page.getByText('Waiting for the next record').waitFor(),
  },
  {
    name: 'partitions',
    path: '/ui/topics/twitter-topic/partitions',
    ready: (page) => page.getByRole('gridcell').first().waitFor(),
  },
  {
    name: 'groups of a topic',
    path: '/ui/topics/twitter-topic/groups',
    ready: (page) => page.getByRole('link', { name: 'streams' }).waitFor(),
  },
  {
    name: 'configuration',
    path: '/ui/topics/twitter-analytics-topic/config',
    ready: (page) => page.getByText('compact', { exact: true }).waitFor(),
  },
  { name: 'services', path: '/ui/services', ready: (page) => page.getByText('connection refused').first().waitFor() },
  {
    name: 'service',
    path: '/ui/services?service=billing',
    ready: (page) => page.getByRole('complementary').getByText('killed by SIGKILL after 1 min').waitFor(),
  },
  {
    name: 'what happened to services',
    path: '/ui/services?view=activity',
    ready: (page) => page.getByText('Stock is low').waitFor(),
  },
  {
    name: 'instances',
    path: '/ui/services?view=instances',
    ready: (page) => page.getByText('orders:8081').waitFor(),
  },
  {
    name: 'service instance',
    path: '/ui/services?at=ARCHIVE/archive:8099',
    ready: (page) => page.getByRole('complementary').getByText('ran out 40 s ago').waitFor(),
  },
  { name: 'alerts', path: '/ui/alerts', ready: (page) => page.getByText('billing is down').waitFor() },
  {
    name: 'an alert',
    path: '/ui/alerts?alert=77c0aa51e0b94d02',
    ready: (page) => page.getByRole('complementary').getByText('The backfill runs until noon').waitFor(),
  },
  {
    name: 'alerts of the last week',
    path: '/ui/alerts?view=history',
    ready: (page) => page.getByText('19 min 0 s').waitFor(),
  },
  {
    name: 'a rule of alerts',
    path: '/ui/alerts?view=rules&rule=FailedOrders',
    ready: (page) => page.getByRole('button', { name: 'Test on past data' }).waitFor(),
  },
  {
    name: 'silences',
    path: '/ui/alerts?view=silences&silence=6f0d6c8e-57c4-4b5e-9a43-1f2d5c1f2a10',
    ready: (page) => page.getByRole('button', { name: 'End it now' }).waitFor(),
  },
  {
    name: 'a new silence',
    path: '/ui/alerts?silence=new&of=3f1a9f6f0c5d2b11',
    ready: (page) => page.getByText('Keeps 1 alert quiet now').waitFor(),
  },
  {
    name: 'metrics',
    path: '/ui/metrics?q=process_resident_memory_bytes',
    ready: (page) => page.getByRole('button', { name: /^orders .* MB$/ }).waitFor(),
  },
  {
    name: 'metrics as a table',
    path: '/ui/metrics?q=process_resident_memory_bytes&view=table',
    ready: (page) => page.getByRole('grid', { name: 'Values' }).getByText('orders').waitFor(),
  },
  { name: 'groups', path: '/ui/groups', ready: (page) => page.getByRole('link', { name: 'streams' }).waitFor() },
  {
    name: 'group',
    path: '/ui/groups/streams',
    ready: (page) => page.getByRole('heading', { name: 'Members' }).waitFor(),
  },
  { name: 'search', path: '/ui/search?q=kafka', ready: (page) => page.locator('mark').first().waitFor() },
  {
    name: 'sql',
    path: '/ui/sql?q=SELECT+*%0A++FROM+rides;',
    ready: (page) => page.getByRole('button', { name: 'CTAS_KM_BY_RIDER_1', exact: true }).waitFor(),
  },
  {
    name: 'configuration of an application',
    path: '/ui/config?app=orders&profiles=dev&key=shop.page-size',
    ready: (page) => page.getByRole('complementary', { name: 'Key shop.page-size' }).waitFor(),
  },
  {
    name: 'history of configuration',
    path: '/ui/config?app=orders&view=history',
    ready: (page) => page.getByText('Fewer orders a page').waitFor(),
  },
  {
    name: 'configurations compared',
    path: '/ui/config?app=orders&view=compare',
    ready: (page) => page.getByText('1 difference').waitFor(),
  },
  {
    name: 'readers of configuration',
    path: '/ui/config?app=orders&view=readers',
    ready: (page) => page.getByText('Java/17.0.12').waitFor(),
  },
  {
    name: 'users',
    path: '/ui/identity',
    ready: (page) => page.getByRole('button', { name: 'Sign out grace' }).waitFor(),
  },
  {
    name: 'clients',
    path: '/ui/identity?view=clients',
    ready: (page) => page.getByText('authorization code, password').waitFor(),
  },
  {
    name: 'audit',
    path: '/ui/identity?view=audit',
    ready: (page) => page.getByText('too_many_failures').waitFor(),
  },
  {
    name: 'routes of the gateway',
    path: '/ui/gateway',
    ready: (page) => page.getByText('lb://orders').waitFor(),
  },
  {
    name: 'a breaker',
    path: '/ui/gateway?view=breakers&open=billing',
    ready: (page) => page.getByRole('button', { name: 'Trip: refuse all calls' }).waitFor(),
  },
  {
    name: 'instances behind the gateway',
    path: '/ui/gateway?view=instances',
    ready: (page) => page.getByText('5 answers of 5xx in a row').waitFor(),
  },
  {
    name: 'limits of the gateway',
    path: '/ui/gateway?view=limits',
    ready: (page) => page.getByText('refused now').waitFor(),
  },
  {
    name: 'changes of the gateway',
    path: '/ui/gateway?view=changes',
    ready: (page) => page.getByText('unknown filter').waitFor(),
  },
  {
    name: 'traces',
    path: '/ui/traces',
    ready: (page) => page.getByRole('link', { name: 'twitter-to-kafka make a tweet' }).waitFor(),
  },
  {
    name: 'service map',
    path: '/ui/traces?view=map',
    ready: (page) => page.getByRole('button', { name: /^Traces of query-service to streams/ }).waitFor(),
  },
  {
    name: 'trace with a span',
    path: `/ui/traces/${tweetTraceId}?span=0000000000000a07`,
    ready: (page) => page.getByRole('complementary').getByText('duplicate key value').waitFor(),
  },
  {
    name: 'no such trace',
    path: '/ui/traces/not-a-trace',
    ready: (page) => page.getByText('This is no id of a trace').waitFor(),
  },
  {
    name: 'logs',
    path: '/ui/logs',
    ready: (page) => page.getByRole('table').getByRole('row').nth(3).waitFor({ state: 'attached' }),
  },
  {
    name: 'log line',
    path: `/ui/logs?q=service:login&line=${injectedLineId}&cols=host,source`,
    ready: (page) => page.getByRole('complementary').getByText('gnp.exe').first().waitFor(),
  },
  {
    name: 'log templates',
    path: '/ui/logs?view=templates',
    ready: (page) => page.getByText('task <*> committed <*> records').waitFor(),
  },
  {
    name: 'live log lines',
    path: '/ui/logs?view=live',
    ready: (page) => page.getByText('Waiting for the next line').waitFor(),
  },
  {
    name: 'follow a record',
    path: '/ui/topics/twitter-topic?follow=record:twitter-topic:1:7',
    ready: (page) => page.getByText('What was searched, in').waitFor(),
  },
  { name: 'no such page', path: '/ui/nope', ready: (page) => page.getByText('There is no such page').waitFor() },
];

describe('each page', { skip, concurrency: 2 }, () => {
  after(closeBrowser);

  for (const { name, path, ready } of pages) {
    test(`${name}: no complaints, accessible in both themes`, async (t) => {
      const { page, complaints } = await open(t, path);
      await ready(page);
      await checkAccessibility(page);
      await page.emulateMedia({ colorScheme: 'light' });
      await checkAccessibility(page, 'contrast');
      assert.deepEqual(complaints, []);
    });
  }

  for (const path of [
    '/ui/',
    '/ui/tweets?q=kafka',
    '/ui/topics',
    '/ui/topics/twitter-topic',
    '/ui/groups/streams',
    '/ui/search?q=kafka',
    '/ui/config?app=orders',
    '/ui/gateway',
    '/ui/config?app=orders&view=history',
    '/ui/services',
    '/ui/alerts',
    '/ui/metrics?q=process_resident_memory_bytes&view=table',
    '/ui/sql',
    '/ui/traces',
    '/ui/logs',
    `/ui/traces/${tweetTraceId}`,
  ]) {
    test(`${path} at 320 px scrolls nothing sideways but tables`, async (t) => {
      const { page, complaints } = await open(t, path, { browser: { viewport: { width: 320, height: 640 } } });
      // The page for users has no places of the console.
      if (!path.startsWith('/ui/tweets'))
        await page.getByRole('navigation', { name: 'Places' }).getByText('Groups').waitFor();
      await page
        .locator(
          '.tweet, [role=grid], [role=treegrid], .arrivals, .search-hits, .flow-node, .sql-name, .config-history',
        )
        .first()
        .waitFor();
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
      await checkAccessibility(page);
      assert.deepEqual(complaints, []);
    });
  }

  for (const path of [
    '/ui/',
    '/ui/topics',
    '/ui/groups',
    '/ui/search',
    '/ui/services',
    '/ui/alerts',
    '/ui/alerts?view=history',
    '/ui/alerts?view=rules',
    '/ui/alerts?view=silences',
    '/ui/metrics',
    '/ui/sql',
    '/ui/tweets',
    '/ui/traces',
  ]) {
    test(`${path} of an empty system teaches how to fill it`, async (t) => {
      const { page, complaints } = await open(t, path, { hasTweets: false });
      await page.locator('.notice .command').first().waitFor();
      await checkAccessibility(page);
      // A gateway without the example says so.
      assert.deepEqual(
        complaints.filter((text) => !/404/.test(text) || path !== '/ui/tweets'),
        [],
      );
    });
  }
});
