import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
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
    const names = ['KAFKA-TO-ELASTIC', 'QUERY-SERVICE', 'TWITTER-TO-KAFKA', 'WORD-COUNT'];
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
      const health = await waitFor(
        async () => {
          const response = await fetch(`${addressOf(name)}/actuator/health`);
          const body = (await response.json()) as { status: string; components: Record<string, { status: string }> };
          return body.status === 'UP' && body.components['config']?.status === 'UP' ? body : undefined;
        },
        60_000,
        `${name} is UP`,
      );
      assert.equal(health.components['discovery']!.status, 'UP', name);
    }
    // query-service knows word-count by its name only.
    await waitFor(
      async () => {
        const answer = await json<{ wordCount: number | null }>(
          `${gateway}/query/documents/get-document-by-text?text=kafka`,
        );
        return answer.wordCount !== null && answer.wordCount > 0 ? true : undefined;
      },
      60_000,
      'a count by word-count',
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
