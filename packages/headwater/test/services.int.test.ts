import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type HeadwaterProcess, startHeadwater, waitFor } from './headwater-process.ts';

const data = mkdtempSync(join(tmpdir(), 'headwater-services-'));
const processes: HeadwaterProcess[] = [];

after(async () => {
  for (const each of processes) await each.kill();
  rmSync(data, { recursive: true, force: true });
});

interface Instances {
  services: { name: string; instances: { status: string; homePageUrl: string }[] }[];
}

async function json<T>(url: string): Promise<T> {
  const response = await fetch(url);
  assert.ok(response.ok, `${url} answered ${response.status}`);
  return (await response.json()) as T;
}

const search = '/query/documents/get-document-by-text?text=kafka';

/** As a user of a route that is limited: a few times a second; undefined when that was too often all the same. */
async function askedSlowly<T>(url: string): Promise<T | undefined> {
  await sleep(250);
  const response = await fetch(url);
  const body = (await response.json()) as T;
  return response.ok ? body : undefined;
}

for (const mode of ['one process', 'a process for each service'] as const) {
  test(`the example's services, in ${mode}: in discovery, well, called by name, and configured live`, async () => {
    const dir = join(data, mode.replaceAll(' ', '-'));
    const flags = [
      '--data',
      dir,
      '--ports',
      'auto',
      '--example',
      'tweets',
      ...(mode === 'one process' ? [] : ['--isolate']),
    ];
    const running = await startHeadwater(flags);
    processes.push(running);
    const { discovery, gateway } = running.addresses as Record<string, string>;
    const names = ['KAFKA-TO-ELASTIC', 'QUERY-SERVICE', 'STREAMS', 'TWITTER-TO-KAFKA'];
    const services = await waitFor(
      async () => {
        const found = (await json<Instances>(`${discovery}/api/instances`)).services;
        return names.every((name) => found.some((each) => each.name === name)) ? found : undefined;
      },
      60_000,
      'all services in discovery',
    );
    const addressOf = (name: string) =>
      services.find((each) => each.name === name)!.instances[0]!.homePageUrl.replace(/\/$/, '');
    for (const name of names) {
      await waitFor(
        async () => {
          const response = await fetch(`${addressOf(name)}/actuator/health`);
          const body = (await response.json()) as { status: string; components: Record<string, { status: string }> };
          const isWell = ['config', 'discovery'].every((part) => body.components[part]?.status === 'UP');
          return body.status === 'UP' && isWell ? body : undefined;
        },
        60_000,
        `${name} is UP`,
      );
    }
    // query-service knows streams by its name only.
    await waitFor(
      async () => {
        const found = await askedSlowly<{ wordCount?: number | null }>(`${gateway}${search}`);
        return (found?.wordCount ?? 0) > 0 ? true : undefined;
      },
      60_000,
      'a count by streams',
    );
    // Whom it asks for counts is a setting that is followed: analytics, or streams again where analytics does not answer.
    const settings = join(dir, 'config', 'query-service.yml');
    writeFileSync(settings, readFileSync(settings, 'utf8').replace('source: streams', 'source: analytics'));
    await waitFor(
      async () => {
        const found = await askedSlowly<{ wordCountSource?: string; wordCountError?: string }>(`${gateway}${search}`);
        const isAsked = found?.wordCountSource === 'analytics' || found?.wordCountError?.startsWith('analytics: ');
        return isAsked ? true : undefined;
      },
      60_000,
      'analytics is asked for the count',
    );
    const file = join(dir, 'config', 'twitter-to-kafka.yml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('rate: 8', 'rate: 250'));
    const rate = () =>
      json<{ property: { value: unknown } }>(`${addressOf('TWITTER-TO-KAFKA')}/actuator/env/tweets.rate`);
    await waitFor(async () => ((await rate()).property.value === 250 ? true : undefined), 60_000, 'the new rate');
    const { code } = await running.stop();
    assert.equal(code, 0);
  });
}
