/**
 * A broker with very many partitions: made, listed, all written to, described, and started again after a clean stop and after a kill.
 *
 *     npm run bench -- broker/partitions [--partitions 10000] [--topics 100]
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ApiKey, encodeBatch } from '@headwater/protocol';
import { RawClient } from '../test/raw-client.ts';
import { cpuSeconds, machine, type OwnProcess, ownProcess, rssMegabytes, type Target } from './support/targets.ts';

const { values } = parseArgs({
  options: { partitions: { type: 'string', default: '10000' }, topics: { type: 'string', default: '100' } },
});
const topicCount = Number(values.topics);
const numPartitions = Math.ceil(Number(values.partitions) / topicCount);
const names = Array.from({ length: topicCount }, (_, index) => `topic-${String(index).padStart(5, '0')}`);
const dataDir = mkdtempSync(join(process.env['HEADWATER_BENCH_DIR'] ?? tmpdir(), 'headwater-partitions-'));

/** Runs a step against the broker, and tells its time, and the broker's CPU, memory and files after it. */
async function step(name: string, at: Target, work: () => Promise<object | undefined>): Promise<void> {
  const cpuBefore = cpuSeconds(at.pid);
  const startMs = performance.now();
  const fields = await work();
  const ms = Math.round(performance.now() - startMs);
  const cpu = Number((cpuSeconds(at.pid) - cpuBefore).toFixed(2));
  const openFiles = readdirSync(`/proc/${at.pid}/fd`).length;
  const line = { case: name, ms, brokerCpuSeconds: cpu, rssMegabytes: rssMegabytes(at.pid), openFiles, ...fields };
  console.log(JSON.stringify({ ...line, machine: machine() }));
}

const started: OwnProcess[] = [];

async function start(name: string): Promise<{ at: OwnProcess; client: RawClient }> {
  const startMs = performance.now();
  const at = await ownProcess(dataDir);
  started.push(at);
  const client = await RawClient.connect(at);
  await client.call(ApiKey.Metadata, 9, { topics: [] });
  const answeredMs = Math.round(performance.now() - startMs);
  const cpuSecondsOfAll = cpuSeconds(at.pid);
  await step(name, at, async () => ({ firstAnswerMsWithTheProcess: answeredMs, cpuSecondsOfAll }));
  return { at, client };
}

async function writeAll(client: RawClient): Promise<undefined> {
  const records = encodeBatch({ records: [{ value: Buffer.alloc(100) }], timestamp: Date.now() });
  for (const name of names) {
    const partitionData = Array.from({ length: numPartitions }, (_, index) => ({ index, records }));
    const topicData = [{ name, partitionData }];
    const { responses } = await client.call(ApiKey.Produce, 9, { acks: -1, timeoutMs: 10_000, topicData });
    const failed = responses[0]!.partitionResponses.filter(({ errorCode }) => errorCode !== 0);
    if (failed.length > 0) throw new Error(`${name}: error ${failed[0]!.errorCode}`);
  }
  return undefined;
}

try {
  let { at, client } = await start('started empty');
  await step('made', at, async () => {
    for (const name of names) {
      const topic = { name, numPartitions, replicationFactor: 1, assignments: [], configs: [] };
      const { topics } = await client.call(ApiKey.CreateTopics, 7, { topics: [topic] });
      if (topics[0]!.errorCode !== 0) throw new Error(`${name}: ${topics[0]!.errorMessage}`);
    }
    return { topics: topicCount, partitions: topicCount * numPartitions };
  });
  const listed = async () => {
    const { topics } = await client.call(ApiKey.Metadata, 12, { topics: null });
    return { partitionsListed: topics.reduce((sum, { partitions }) => sum + partitions.length, 0) };
  };
  await step('listed', at, listed);
  await step('listed again', at, listed);
  await step('one record in each', at, () => writeAll(client));
  await step('one record more in each', at, () => writeAll(client));
  await step('sizes of all', at, async () => {
    const { results } = await client.call(ApiKey.DescribeLogDirs, 4, { topics: null });
    return {
      bytes: results[0]!.topics.flatMap((topic) => topic.partitions).reduce((sum, one) => sum + one.partitionSize, 0),
    };
  });
  client.close();
  await at.stop();
  ({ at, client } = await start('started after a clean stop'));
  await step('listed', at, listed);
  await step('one record in each', at, () => writeAll(client));
  client.close();
  await at.kill();
  ({ at, client } = await start('started after a kill'));
  await step('listed', at, listed);
  client.close();
} finally {
  await started.at(-1)?.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
