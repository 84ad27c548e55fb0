/**
 * Many groups at once: half of the classic, half of the consumer protocol, with two members each that all send heartbeats.
 *
 *     npm run bench -- broker/groups [--groups 2000] [--members 2] [--rounds 5]
 *
 * Prints for each broker a JSON line: how long all joins took, CPU microseconds of a heartbeat of either kind, and what a group takes
 * of its memory. Apache Kafka is measured in turn where it runs.
 */
import { parseArgs } from 'node:util';
import { ApiKey } from '@headwater/protocol';
import { RawClient } from '../test/raw-client.ts';
import { cpuSeconds, machine, rssMegabytes, spread, type Target, targets } from './support/targets.ts';

const { values } = parseArgs({
  options: {
    groups: { type: 'string', default: '2000' },
    members: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '5' },
  },
});
const groupCount = Number(values.groups);
const membersPerGroup = Number(values.members);
const connections = 20;
const partitions = 4;

interface Member {
  groupId: string;
  memberId: string;
  epoch: number;
}

const subscription = (topic: string) =>
  Buffer.concat([
    Buffer.from([0, 1, 0, 0, 0, 1, 0, topic.length]),
    Buffer.from(topic),
    Buffer.from([255, 255, 255, 255, 0, 0, 0, 0]),
  ]);

/** Members of a classic group wait for each other: each needs a connection that nobody else waits on. */
function membersOf(first: RawClient, second: RawClient): RawClient[] {
  if (membersPerGroup > 2) throw new Error('--members is 1 or 2: each member of a group has a connection of its own');
  return [first, second];
}

/** All members of a classic group join at once; the first leads. */
async function classicGroup(clients: readonly RawClient[], groupId: string, topic: string): Promise<Member[]> {
  const body = {
    groupId,
    sessionTimeoutMs: 60_000,
    rebalanceTimeoutMs: 60_000,
    memberId: '',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: subscription(topic) }],
  };
  const members: Member[] = [];
  for (let index = 0; index < membersPerGroup; index++) {
    const joining = clients[index]!.call(ApiKey.JoinGroup, 3, body);
    const waiting = [joining];
    for (const [other, { epoch: generationId, memberId }] of members.entries()) {
      // The members before this one join again when they hear of it.
      const heartbeat = { groupId, generationId, memberId };
      for (let isTold = false; !isTold; ) {
        isTold = (await clients[other]!.call(ApiKey.Heartbeat, 3, heartbeat)).errorCode !== 0;
      }
      waiting.push(clients[other]!.call(ApiKey.JoinGroup, 3, { ...body, memberId }));
    }
    const joined = await Promise.all(waiting);
    const { generationId: epoch, memberId } = joined[0]!;
    members.push({ groupId, memberId, epoch });
    for (const member of members) member.epoch = epoch;
  }
  const assignments = members.map(({ memberId }) => ({ memberId, assignment: subscription(topic) }));
  const leader = members[0]!.memberId;
  await Promise.all(
    members.map(({ epoch, memberId }, index) =>
      clients[index]!.call(ApiKey.SyncGroup, 3, {
        groupId,
        generationId: epoch,
        memberId,
        assignments: memberId === leader ? assignments : [],
      }),
    ),
  );
  return members;
}

async function consumerGroup(client: RawClient, groupId: string, topic: string): Promise<Member[]> {
  const members: Member[] = [];
  for (let index = 0; index < membersPerGroup; index++) {
    const memberId = `${groupId}-${index}`;
    const join = { subscribedTopicNames: [topic], rebalanceTimeoutMs: 60_000, topicPartitions: [] };
    const body = { groupId, memberId, memberEpoch: 0, ...join };
    const { memberEpoch } = await client.call(ApiKey.ConsumerGroupHeartbeat, 1, body);
    members.push({ groupId, memberId, epoch: memberEpoch });
  }
  return members;
}

/** One heartbeat of each member, a few at a time on each connection; members of consumer groups take the epoch that they are told. */
async function beatAll(clients: readonly RawClient[], members: readonly Member[], isClassic: boolean): Promise<void> {
  await Promise.all(
    clients.map(async (client, first) => {
      for (let index = first; index < members.length; index += clients.length) {
        const member = members[index]!;
        const { epoch, groupId, memberId } = member;
        if (isClassic) await client.call(ApiKey.Heartbeat, 3, { groupId, generationId: epoch, memberId });
        else {
          const body = { groupId, memberId, memberEpoch: epoch, topicPartitions: [] };
          const answer = await client.call(ApiKey.ConsumerGroupHeartbeat, 1, body);
          if (answer.errorCode === 0) member.epoch = answer.memberEpoch;
        }
      }
    }),
  );
}

async function measure(target: Target): Promise<void> {
  const unique = `groups-${Date.now().toString(36)}`;
  const clients = await Promise.all(Array.from({ length: connections }, () => RawClient.connect(target)));
  const second = await Promise.all(Array.from({ length: connections }, () => RawClient.connect(target)));
  const topic = { name: unique, numPartitions: partitions, replicationFactor: 1, assignments: [], configs: [] };
  await clients[0]!.call(ApiKey.CreateTopics, 7, { topics: [topic] });
  const rssBefore = rssMegabytes(target.pid);
  const startMs = performance.now();
  const classic: Member[] = [];
  const consumer: Member[] = [];
  await Promise.all(
    clients.map(async (client, first) => {
      for (let index = first; index < groupCount; index += connections) {
        const groupId = `${unique}-${index}`;
        const all = membersOf(client, second[first]!);
        if (Math.floor(index / connections) % 2 === 0) classic.push(...(await classicGroup(all, groupId, unique)));
        else consumer.push(...(await consumerGroup(client, groupId, unique)));
      }
    }),
  );
  const joinedMs = performance.now() - startMs;
  const rssAfter = rssMegabytes(target.pid);
  // Until every member of a consumer group is where its group is.
  for (let round = 0; round < 4; round++) await beatAll(clients, consumer, false);
  const cost = async (members: readonly Member[], isClassic: boolean) => {
    const costs: number[] = [];
    for (let round = 0; round < Number(values.rounds); round++) {
      const before = cpuSeconds(target.pid);
      for (let times = 0; times < 3; times++) await beatAll(clients, members, isClassic);
      costs.push(((cpuSeconds(target.pid) - before) / (members.length * 3)) * 1e6);
    }
    return spread(costs);
  };
  const result = {
    bench: 'broker/groups',
    target: target.name,
    groups: groupCount,
    members: classic.length + consumer.length,
    joinAllMs: Math.round(joinedMs),
    classicHeartbeatCpuUs: await cost(classic, true),
    consumerHeartbeatCpuUs: await cost(consumer, false),
    rssMegabytes: { before: rssBefore, after: rssAfter },
    machine: machine(),
  };
  console.log(JSON.stringify(result));
  for (const client of [...clients, ...second]) client.close();
  target.close();
}

for (const target of await targets()) await measure(target);
