/**
 * Scenarios for Apache Kafka's own command-line tools. Called as: script.ts BOOTSTRAP PREFIX SCENARIO; needs KAFKA_TOOL,
 * their launcher, and JAVA_CLASSES.
 */
import assert from 'node:assert/strict';
import { Tool } from './tool.ts';
import { ToolShell } from './tool-shell.ts';
import { until } from './until.ts';

const [bootstrap, prefix, scenario] = process.argv.slice(2) as [string, string, string];
const launcher = process.env['KAFKA_TOOL']!;

const server = ['--bootstrap-server', bootstrap];
// What runs to its end runs in one JVM; members of groups are processes.
const shell = new ToolShell(launcher, process.env['JAVA_CLASSES']!);

const run = (name: string, args: string[], input?: string): Promise<string> =>
  shell.run(name, [...server, ...args], input);

/** A process of its own: it prints its sum when it ends. */
const verifiablyProduce = (args: string[]): Promise<string> =>
  new Tool(launcher, ['verifiable-producer', ...server, ...args]).output();

async function create(topic: string, partitions: number): Promise<void> {
  await run('topics', ['--create', '--topic', topic, '--partitions', String(partitions)]);
}

function numbers(count: number, first = 0): string {
  return Array.from({ length: count }, (_, index) => `k${first + index}:v${first + index}\n`).join('');
}

const keyed = ['--reader-property', 'parse.key=true', '--reader-property', 'key.separator=:'];

interface VerifiableEvent {
  name: string;
  partitions?: { topic: string; partition: number }[];
  count?: number;
}

class Member {
  readonly tool: Tool;

  constructor(topic: string, groupId: string, more: string[] = []) {
    const args = ['--topic', topic, '--group-id', groupId, ...more];
    this.tool = new Tool(launcher, ['verifiable-consumer', ...server, ...args]);
  }

  get events(): VerifiableEvent[] {
    return this.tool.lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as VerifiableEvent);
  }

  /** Events tell what comes and goes: all of it with the classic protocol, differences with the new one. */
  get assignment(): number[] {
    const assigned = new Set<number>();
    for (const { name, partitions = [] } of this.events) {
      for (const { partition } of partitions) {
        if (name === 'partitions_assigned') assigned.add(partition);
        if (name === 'partitions_revoked') assigned.delete(partition);
      }
    }
    return [...assigned];
  }

  get records(): number {
    return this.events.reduce((sum, { name, count }) => sum + (name === 'records_consumed' ? count! : 0), 0);
  }
}

async function balanceAndShrink(memberArgs: string[]): Promise<void> {
  const topic = `${prefix}-t`;
  const groupId = `${prefix}-g`;
  await create(topic, 4);
  const members = [new Member(topic, groupId, memberArgs), new Member(topic, groupId, memberArgs)];
  const isBalanced = () =>
    members.every(({ assignment }) => assignment.length > 0) &&
    members
      .flatMap(({ assignment }) => assignment)
      .sort()
      .join() === '0,1,2,3';
  await until('balance of two', isBalanced, 120_000);
  await verifiablyProduce(['--topic', topic, '--max-messages', '400']);
  await until('400 records', () => members.reduce((sum, { records }) => sum + records, 0) >= 400);
  const described = await run('consumer-groups', ['--describe', '--group', groupId]);
  assert.equal(described.split('\n').filter((line) => line.startsWith(groupId)).length, 4);
  const leaver = members.pop()!;
  await leaver.tool.stop();
  await until('balance of one', isBalanced);
  await verifiablyProduce(['--topic', topic, '--max-messages', '400']);
  await until('800 records', () => members[0]!.records + leaver.records >= 800);
  await members[0]!.tool.stop();
  await until('an empty group', async () => {
    const state = await run('consumer-groups', ['--describe', '--group', groupId, '--state']);
    return state.includes('Empty');
  });
  const lag = await run('consumer-groups', ['--describe', '--group', groupId]);
  const rows = lag.split('\n').filter((line) => line.startsWith(groupId));
  assert.equal(
    rows.reduce((sum, row) => sum + Number(row.split(/\s+/)[3]), 0),
    800,
    lag,
  );
  const args = ['--group', groupId, '--topic', topic];
  await run('consumer-groups', ['--reset-offsets', ...args, '--to-earliest', '--execute']);
  const reset = await run('consumer-groups', ['--describe', '--group', groupId]);
  assert.ok(
    reset
      .split('\n')
      .filter((line) => line.startsWith(groupId))
      .every((row) => row.split(/\s+/)[3] === '0'),
    reset,
  );
  await run('consumer-groups', ['--delete-offsets', ...args]);
  await run('consumer-groups', ['--delete', '--group', groupId]);
  assert.ok(!(await run('consumer-groups', ['--list'])).split('\n').includes(groupId));
}

const scenarios: Record<string, () => Promise<void>> = {
  async roundtrip() {
    const topic = `${prefix}-t`;
    await create(topic, 1);
    for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
      await run('console-producer', ['--topic', topic, ...keyed, '--compression-codec', codec], numbers(200));
    }
    const read = await run('console-consumer', [
      ...['--topic', topic, '--from-beginning', '--max-messages', '1000', '--timeout-ms', '30000'],
      ...['--formatter-property', 'print.key=true', '--formatter-property', 'print.offset=true'],
    ]);
    const got = read.split('\n').filter((line) => line.startsWith('Offset:'));
    assert.equal(got.length, 1_000);
    assert.equal(got[405], 'Offset:405\tk5\tv5');
    const offsets = await run('get-offsets', ['--topic', topic]);
    assert.equal(offsets.trim(), `${topic}:0:1000`);
    const earliest = await run('get-offsets', ['--topic', topic, '--time', '-2']);
    assert.equal(earliest.trim(), `${topic}:0:0`);
  },

  group: () => balanceAndShrink(['--session-timeout', '6000']),
  'consumer-protocol': () => balanceAndShrink(['--group-protocol', 'consumer']),

  async idempotent() {
    const topic = `${prefix}-t`;
    await create(topic, 1);
    const produced = await verifiablyProduce(['--topic', topic, '--max-messages', '5000', '--acks', '-1']);
    assert.match(produced, /"acked":5000/);
    const args = ['--topic', topic, '--from-beginning', '--max-messages', '5000', '--timeout-ms', '30000'];
    const read = await run('console-consumer', args);
    const got = read.split('\n').filter((line) => /^\d+$/.test(line));
    assert.deepEqual(
      got,
      Array.from({ length: 5_000 }, (_, index) => String(index)),
    );
  },

  async admin() {
    const topic = `${prefix}-t`;
    await run('topics', ['--create', '--topic', topic, '--partitions', '2', '--config', 'retention.ms=60000']);
    await assert.rejects(create(topic, 2), /already exists/);
    assert.ok((await run('topics', ['--list'])).split('\n').includes(topic));
    const described = await run('topics', ['--describe', '--topic', topic]);
    assert.match(described, /PartitionCount: 2\s+ReplicationFactor: 1\s+Configs: .*retention\.ms=60000/);
    await run('topics', ['--alter', '--topic', topic, '--partitions', '3']);
    const entity = ['--entity-type', 'topics', '--entity-name', topic];
    await run('configs', [
      ...entity,
      '--alter',
      '--add-config',
      'segment.ms=100000',
      '--delete-config',
      'retention.ms',
    ]);
    const configs = await run('configs', [...entity, '--describe']);
    assert.match(configs, /segment\.ms=100000/);
    assert.doesNotMatch(configs, /retention\.ms=60000/);
    await shell.run('cluster', ['cluster-id', ...server]);
    await run('broker-api-versions', []);
    await run('topics', ['--delete', '--topic', topic]);
    await until('the topic to go', async () => !(await run('topics', ['--list'])).split('\n').includes(topic));
  },
};

try {
  await scenarios[scenario]!();
} finally {
  shell.close();
}
