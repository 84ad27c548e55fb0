/** Scenarios for kcat. Called as: script.ts BOOTSTRAP PREFIX SCENARIO */
import assert from 'node:assert/strict';
import { Kafka, logLevel } from 'kafkajs';
import { Tool } from './tool.ts';
import { until } from './until.ts';

const [bootstrap, prefix, scenario] = process.argv.slice(2) as [string, string, string];

const kcat = (args: string[], input?: string) => new Tool('kcat', ['-b', bootstrap, ...args], input);

function lines(count: number, first = 0): string {
  return Array.from({ length: count }, (_, index) => `k${first + index}\tv${first + index}\n`).join('');
}

/** kcat itself can only make topics by asking for them, with the broker's default number of partitions. */
async function create(topic: string, numPartitions: number): Promise<void> {
  const admin = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: true });
  await admin.disconnect();
}

const scenarios: Record<string, () => Promise<void>> = {
  async roundtrip() {
    for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
      const topic = `${prefix}-${codec}`;
      await kcat(['-P', '-t', topic, '-K', '\t', '-z', codec, '-p', '0', '-H', 'n=1'], lines(1_000)).output();
      const read = await kcat(['-C', '-t', topic, '-p', '0', '-e', '-q', '-f', '%o %k %s %h\n']).output();
      const expected = Array.from({ length: 1_000 }, (_, index) => `${index} k${index} v${index} n=1`);
      assert.deepEqual(read.trimEnd().split('\n'), expected, codec);
    }
    const tail = await kcat(['-C', '-t', `${prefix}-none`, '-p', '0', '-o', '-3', '-e', '-q']).output();
    assert.equal(tail, 'v997\nv998\nv999\n');
    const offset = await kcat(['-Q', '-t', `${prefix}-none:0:-1`]).output();
    assert.match(offset, /\[0\] offset 1000/);
  },

  async group() {
    const topic = `${prefix}-t`;
    const count = 4;
    await create(topic, count);
    const args = ['-G', `${prefix}-g`, '-X', 'auto.offset.reset=earliest', '-X', 'session.timeout.ms=6000'];
    const quick = ['-X', 'heartbeat.interval.ms=500', '-u', '-f', '%p:%o\n', topic];
    const members = [kcat([...args, ...quick]), kcat([...args, ...quick])];
    const assigned = (tool: Tool): string[] => {
      const last =
        tool.stderr
          .split('\n')
          .filter((line) => /: (assigned|revoked)/.test(line))
          .at(-1) ?? '';
      return last.includes('assigned') ? [...last.matchAll(/\[(\d+)\]/g)].map((match) => match[1]!) : [];
    };
    const isBalanced = (): boolean =>
      members.every((tool) => assigned(tool).length > 0) && members.flatMap(assigned).sort().join() === '0,1,2,3';
    await until('balance of two', isBalanced);
    await kcat(['-P', '-t', topic, '-K', '\t'], lines(200)).output();
    const got = () => new Set(members.flatMap((tool) => tool.lines)).size;
    await until('200 records', () => got() === 200);
    const leaver = members.pop()!;
    await leaver.stop();
    const before = new Set(leaver.lines);
    await until('balance of one', isBalanced);
    await kcat(['-P', '-t', topic, '-K', '\t'], lines(200, 200)).output();
    await until('400 records', () => new Set([...before, ...members[0]!.lines]).size === 400);
    await members[0]!.stop();
  },

  async idempotent() {
    const topic = `${prefix}-t`;
    await kcat(['-P', '-t', topic, '-K', '\t', '-p', '0', '-X', 'enable.idempotence=true'], lines(5_000)).output();
    const read = await kcat(['-C', '-t', topic, '-p', '0', '-e', '-q', '-f', '%s\n']).output();
    assert.deepEqual(
      read.trimEnd().split('\n'),
      Array.from({ length: 5_000 }, (_, index) => `v${index}`),
    );
  },

  async admin() {
    const topic = `${prefix}-t`;
    await create(topic, 3);
    await kcat(['-P', '-t', topic], 'x\n').output();
    const listed = JSON.parse(await kcat(['-L', '-J']).output());
    const found = listed.topics.find((one: { topic: string }) => one.topic === topic);
    assert.equal(found?.partitions.length, 3);
    const [host, port] = bootstrap.split(':');
    assert.deepEqual(listed.brokers[0].name, `${host}:${port}`, 'the address that was dialled');
  },
};

await scenarios[scenario]!();
