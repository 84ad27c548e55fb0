import { ApiKey, errorInfo } from '@headwater/protocol';
import { PatternType, PermissionType } from '../src/security/acl.ts';
import { clusterResource, ResourceType } from '../src/security/authorizer.ts';
import { grants } from './acl-grants.ts';
import { type Own, type Probe, probes } from './acl-probes.ts';
import { RawClient } from './raw-client.ts';
import { login } from './sasl-client.ts';

/** Which answer each user gets to each request: `{ [request]: { [answer]: 'what the user may do | …' } }`. */
export type AclMatrix = Record<string, Record<string, string>>;

export type Connect = (user: string) => Promise<RawClient>;

/** Users of the matrix have these names; they must exist, with `${name}-secret` as their passwords, and `admin` as a super user. */
export const matrixUsers: readonly string[] = grants.map((_, index) => `u${index}`);

/** Asks everything as everybody. `unique` begins all names. */
export async function aclMatrix(connect: Connect, unique: string): Promise<AclMatrix> {
  const admin = await connect('admin');
  const owns: Own[] = [];
  for (const user of matrixUsers) owns.push(await prepare(admin, user, `${unique}-${user}-`));
  const matrix: Record<string, Record<string, string[]>> = {};
  for (const [index, own] of owns.entries()) {
    const [granted, rules] = grants[index]!;
    await joinConsumerGroup(admin, own);
    await grant(admin, own, rules);
    const client = await connect(own.user);
    for (const probe of probes) {
      const answer = (await ask(client, probe, own)).join(' ');
      const answers = (matrix[probe.name] ??= {});
      (answers[answer] ??= []).push(granted);
    }
    await revoke(admin, own);
    client.close();
  }
  admin.close();
  return Object.fromEntries(Object.entries(matrix).map(([name, answers]) => [name, shortened(answers)]));
}

/** What most get is what the others get. */
function shortened(answers: Record<string, string[]>): Record<string, string> {
  const most = Math.max(...Object.values(answers).map((users) => users.length));
  const entries = Object.entries(answers).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    entries.map(([answer, users]) => [answer, users.length === most ? 'others' : users.join(' | ')]),
  );
}

/** The things that are the user's own: two topics, and a group with a committed offset. */
async function prepare(admin: RawClient, user: string, prefix: string): Promise<Own> {
  const topics = [`${prefix}t`, `${prefix}u`].map((name) => ({
    name,
    numPartitions: 1,
    replicationFactor: 1,
    assignments: [],
    configs: [],
  }));
  const made = await admin.call(ApiKey.CreateTopics, 7, { topics });
  const idOf = (name: string) => made.topics.find((topic) => topic.name === name)!.topicId;
  // Kafka's controller answers before its broker knows the topic, and its coordinators need a moment when they are new.
  const partitions = [{ partitionIndex: 0, committedOffset: 0, committedMetadata: '' }];
  const commit = { groupId: `${prefix}g`, memberId: '', topics: topics.map(({ name }) => ({ name, partitions })) };
  await until(async () => {
    await admin.call(ApiKey.FindCoordinator, 4, { keyType: 0, coordinatorKeys: [`${prefix}g`] });
    const committed = await admin.call(ApiKey.OffsetCommit, 8, commit);
    return committed.topics.every((topic) => topic.partitions[0]!.errorCode === 0);
  });
  await until(async () => {
    const found = await admin.call(ApiKey.FindCoordinator, 4, { keyType: 1, coordinatorKeys: [`${prefix}x`] });
    return found.coordinators[0]!.errorCode === 0;
  });
  await until(async () => {
    const body = { transactionalId: `${prefix}admin`, transactionTimeoutMs: 1_000 };
    return (await admin.call(ApiKey.InitProducerId, 4, body)).errorCode === 0;
  });
  return { user, prefix, topicId: idOf(`${prefix}t`), otherTopicId: idOf(`${prefix}u`) };
}

/** A group of the newer protocol that reads the user's topic; it lives as long as a session. */
async function joinConsumerGroup(admin: RawClient, { prefix }: Own): Promise<void> {
  await until(async () => {
    const answer = await admin.call(ApiKey.ConsumerGroupHeartbeat, 1, {
      groupId: `${prefix}d`,
      memberId: 'the-member',
      memberEpoch: 0,
      rebalanceTimeoutMs: 5_000,
      subscribedTopicNames: [`${prefix}t`],
      topicPartitions: [],
    });
    return answer.assignment !== null && answer.assignment.topicPartitions.length > 0;
  });
}

async function grant(admin: RawClient, own: Own, rules: (typeof grants)[number][1]): Promise<void> {
  const creations = rules.map(({ type, operation, isDenied }) => ({
    resourceType: type,
    resourceName: type === ResourceType.CLUSTER ? clusterResource : own.prefix,
    resourcePatternType: type === ResourceType.CLUSTER ? PatternType.LITERAL : PatternType.PREFIXED,
    principal: `User:${own.user}`,
    host: '*',
    operation,
    permissionType: isDenied ? PermissionType.DENY : PermissionType.ALLOW,
  }));
  await admin.call(ApiKey.CreateAcls, 3, { creations });
  await until(async () => (await countOf(admin, own)) === rules.length);
}

async function revoke(admin: RawClient, own: Own): Promise<void> {
  await admin.call(ApiKey.DeleteAcls, 3, { filters: [ofUser(own)] });
  await until(async () => (await countOf(admin, own)) === 0);
}

async function countOf(admin: RawClient, own: Own): Promise<number> {
  const { resources } = await admin.call(ApiKey.DescribeAcls, 3, ofUser(own));
  return resources.reduce((sum, { acls }) => sum + acls.length, 0);
}

function ofUser({ user }: Own) {
  return {
    resourceTypeFilter: 1,
    resourceNameFilter: null,
    patternTypeFilter: 1,
    principalFilter: `User:${user}`,
    hostFilter: null,
    operation: 1,
    permissionType: 1,
  };
}

async function ask(client: RawClient, probe: Probe, own: Own): Promise<string[]> {
  const { apiKey, version } = probe;
  const answer = await client.call(apiKey, version, probe.body(own) as never);
  return probe.summary?.(answer, own) ?? errorsAndOperations(answer).sort();
}

/** All errors and sets of operations in an answer, and names that are left out. */
function errorsAndOperations(value: unknown): string[] {
  if (value === null || typeof value !== 'object' || Buffer.isBuffer(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    if (/errorCode$/i.test(name)) return [errorInfo(inner as number).name];
    if (/authorizedOperations$/i.test(name)) return inner === operationsNotRequested ? [] : [`operations ${inner}`];
    return errorsAndOperations(inner);
  });
}

const operationsNotRequested = -2_147_483_648;

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Settings of a broker that has these users. */
export const matrixBroker = {
  'authorizer.class.name': 'StandardAuthorizer',
  'super.users': 'User:admin',
  listeners: 'SASL_PLAINTEXT://127.0.0.1:0',
  'sasl.enabled.mechanisms': 'PLAIN',
  'listener.name.sasl_plaintext.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required ${[
    'admin',
    ...matrixUsers,
  ]
    .map((user) => `user_${user}="${user}-secret"`)
    .join(' ')};`,
};

export function matrixConnect(address: { host: string; port: number }): Connect {
  return async (user) => {
    const client = await RawClient.connect(address);
    const { errorCode, errorMessage } = await login(client, 'PLAIN', user, `${user}-secret`);
    if (errorCode !== 0) throw new Error(`${user} could not log in: ${errorMessage}`);
    return client;
  };
}
