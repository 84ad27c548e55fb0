import assert from 'node:assert/strict';
import { ApiKey, ErrorCode, encodeBatch, zeroUuid } from '@headwater/protocol';
import { type Actor, type Load, nameOf, settled } from './load.ts';
import { readPartition } from './partition-reader.ts';
import { pause } from './pause.ts';
import { Session } from './session.ts';
import type { World } from './world.ts';

const prefix = 'kill-topic-';
const liveMax = 12;

/** What was acknowledged of a topic, and what a kill may have interrupted. */
interface KnownTopic {
  name: string;
  partitions: number;
  retentionMs: string;
  value: string | null;
  /** What was asked for and not answered. */
  pending: { isDeletion?: true; isCreation?: true; partitions?: number; retentionMs?: string } | null;
}

/** Topics that come, change and go: every acknowledged change is there after a kill, and what was deleted stays away. */
export class TopicLoad implements Load {
  readonly name = 'topics';
  readonly actors: Actor[];
  readonly #world: World;
  readonly #session: Session;
  readonly #topics = new Map<string, KnownTopic>();
  readonly #deleted = new Set<string>();
  #made = 0;
  #changes = 0;

  constructor(world: World) {
    this.#world = world;
    this.#session = new Session(world);
    this.actors = [{ step: (isEnding) => this.#step(isEnding) }];
  }

  async prepare(): Promise<void> {}

  async check(session: Session): Promise<void> {
    const answer = await session.call(ApiKey.Metadata, 12, { topics: null, allowAutoTopicCreation: false });
    const found = new Map(
      answer.topics.filter(({ name }) => name?.startsWith(prefix)).map((topic) => [topic.name!, topic]),
    );
    for (const topic of [...this.#topics.values()]) {
      const there = found.get(topic.name);
      const { pending } = topic;
      if (there === undefined) {
        assert.ok(pending?.isCreation || pending?.isDeletion, `topic ${topic.name} is gone`);
        this.#topics.delete(topic.name);
        continue;
      }
      const partitions = there.partitions.length;
      assert.ok(
        partitions === topic.partitions || partitions === pending?.partitions,
        `topic ${topic.name} has ${partitions} partitions, ${topic.partitions} were made`,
      );
      const retentionMs = await this.#retentionMs(session, topic.name);
      assert.ok(
        retentionMs === topic.retentionMs || retentionMs === pending?.retentionMs,
        `retention.ms of ${topic.name} is ${retentionMs}, ${topic.retentionMs} was set`,
      );
      if (topic.value !== null) await this.#checkValue(session, topic.name, topic.value);
      Object.assign(topic, { partitions, retentionMs, pending: null });
    }
    for (const name of found.keys()) {
      assert.ok(
        this.#topics.has(name),
        `topic ${name} ${this.#deleted.has(name) ? 'was deleted and is back' : 'nobody made'}`,
      );
    }
  }

  summary(): string {
    return `${this.#made} made, ${this.#deleted.size} deleted, ${this.#changes} changed`;
  }

  async #step(isEnding: boolean): Promise<boolean> {
    const { random } = this.#world;
    if (isEnding) return false;
    await pause(random, 30);
    // What a kill left open is looked up by the check, or else here, before the topic is touched again.
    const topics = [...this.#topics.values()].filter(({ pending }) => pending === null);
    const dice = random.next();
    if (this.#topics.size < liveMax && (topics.length === 0 || dice < 0.4)) await this.#create();
    else if (topics.length === 0) return true;
    else if (dice < 0.6) await this.#delete(random.pick(topics));
    else if (dice < 0.75) await this.#grow(random.pick(topics));
    else if (dice < 0.9) await this.#configure(random.pick(topics));
    else await this.#write(random.pick(topics));
    return true;
  }

  async #create(): Promise<void> {
    const { random } = this.#world;
    const name = `${prefix}${this.#made++}`;
    const topic: KnownTopic = {
      name,
      partitions: 1 + random.below(3),
      retentionMs: String(3_600_000 + random.below(1_000_000)),
      value: null,
      pending: { isCreation: true },
    };
    this.#topics.set(name, topic);
    const configs = [{ name: 'retention.ms', value: topic.retentionMs }];
    const asked = { name, numPartitions: topic.partitions, replicationFactor: 1, assignments: [], configs };
    const answer = await this.#session.call(ApiKey.CreateTopics, 7, { topics: [asked], timeoutMs: 30_000 });
    assert.equal(nameOf(answer.topics[0]!.errorCode), 'NONE', `making ${name}: ${answer.topics[0]!.errorMessage}`);
    topic.pending = null;
    if (random.chance(0.7)) await this.#write(topic);
  }

  async #delete(topic: KnownTopic): Promise<void> {
    topic.pending = { isDeletion: true };
    const body = { topics: [{ name: topic.name, topicId: zeroUuid }], timeoutMs: 30_000 };
    const answer = await this.#session.call(ApiKey.DeleteTopics, 6, body);
    assert.equal(nameOf(answer.responses[0]!.errorCode), 'NONE', `deleting ${topic.name}`);
    this.#topics.delete(topic.name);
    this.#deleted.add(topic.name);
  }

  async #grow(topic: KnownTopic): Promise<void> {
    if (topic.partitions > 8) return;
    const count = topic.partitions + 1;
    topic.pending = { partitions: count };
    const body = { topics: [{ name: topic.name, count, assignments: null }], timeoutMs: 30_000, validateOnly: false };
    const answer = await this.#session.call(ApiKey.CreatePartitions, 3, body);
    assert.equal(nameOf(answer.results[0]!.errorCode), 'NONE', `growing ${topic.name}`);
    Object.assign(topic, { partitions: count, pending: null });
    this.#changes++;
  }

  async #configure(topic: KnownTopic): Promise<void> {
    const retentionMs = String(3_600_000 + this.#world.random.below(1_000_000));
    topic.pending = { retentionMs };
    const configs = [{ name: 'retention.ms', configOperation: 0, value: retentionMs }];
    const body = { resources: [{ resourceType: 2, resourceName: topic.name, configs }], validateOnly: false };
    const answer = await this.#session.call(ApiKey.IncrementalAlterConfigs, 1, body);
    assert.equal(nameOf(answer.responses[0]!.errorCode), 'NONE', `configuring ${topic.name}`);
    Object.assign(topic, { retentionMs, pending: null });
    this.#changes++;
  }

  /** One record, so that the topic has files. Never twice: a lost answer does not tell whether it is there. */
  async #write(topic: KnownTopic): Promise<void> {
    if (topic.value !== null) return;
    const value = `of ${topic.name}`;
    const partitionData = [{ index: 0, records: encodeBatch({ records: [{ value, timestamp: Date.now() }] }) }];
    const body = { acks: -1, timeoutMs: 30_000, topicData: [{ name: topic.name, partitionData }] };
    const answer = await settled(
      async () => (await this.#session.call(ApiKey.Produce, 11, body)).responses[0]!.partitionResponses[0]!,
      ({ errorCode }) => errorCode,
    );
    assert.equal(nameOf(answer.errorCode), 'NONE', `writing to ${topic.name}`);
    topic.value = value;
  }

  async #checkValue(session: Session, name: string, value: string): Promise<void> {
    let isThere = false;
    await readPartition(session, name, 0, 'earliest', 'read_uncommitted', (record) => {
      assert.equal(record.value, value, `${name} holds another topic's record`);
      isThere = true;
    });
    assert.ok(isThere, `the record of ${name} is gone`);
  }

  async #retentionMs(session: Session, name: string): Promise<string | null> {
    const resources = [{ resourceType: 2, resourceName: name, configurationKeys: ['retention.ms'] }];
    const { results } = await settled(
      () => session.call(ApiKey.DescribeConfigs, 4, { resources }),
      (answer) =>
        answer.results[0]!.errorCode === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION ? answer.results[0]!.errorCode : 0,
    );
    assert.equal(nameOf(results[0]!.errorCode), 'NONE', `configuration of ${name}`);
    return results[0]!.configs[0]!.value;
  }
}
