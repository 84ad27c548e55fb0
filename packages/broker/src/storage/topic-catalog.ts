import { randomBytes } from 'node:crypto';
import type { JournalEntry, MetadataJournal } from './metadata-journal.ts';
import { refused } from './storage-error.ts';
import { type BrokerSettings, checkTopicConfigs, resolveTopicConfig, type TopicConfig } from './topic-config.ts';
import { checkTopicName } from './topic-name.ts';
import type { DurableValues, NewTopic, TopicInfo } from './types.ts';

const partitionsMax = 100_000;
/** Producer ids are handed out from blocks, so that few of them need a sync. */
const producerIdBlock = 1000;
/** Sets of overrides that are remembered. */
const resolvedMax = 1000;
const producerIdKey = 'producer-ids-below';

/** A topic as the catalog keeps it; the object stays the same when its configuration or partition count changes. */
export class CatalogTopic {
  readonly name: string;
  readonly topicId: string;
  partitions: number;
  configs: Readonly<Record<string, string>>;
  config: TopicConfig;
  #info: TopicInfo | null = null;

  constructor(name: string, topicId: string, partitions: number, configs: Record<string, string>, config: TopicConfig) {
    this.name = name;
    this.topicId = topicId;
    this.partitions = partitions;
    this.configs = configs;
    this.config = config;
  }

  /** As callers see it; a new object after each change. */
  get info(): TopicInfo {
    const { name, topicId, partitions, configs, config } = this;
    this.#info ??= Object.freeze({ name, topicId, partitions, configs, config });
    return this.#info;
  }

  changed(): void {
    this.#info = null;
  }

  entry(): JournalEntry {
    return ['topic', this.name, this.topicId, this.partitions, Object.entries(this.configs)];
  }
}

/** Topics and small values: in memory, and in the journal before anybody sees a change. */
export class TopicCatalog {
  readonly #journal: MetadataJournal;
  #settings: BrokerSettings;
  /** Topics with the same overrides share what they amount to: ten thousand topics mostly have none. */
  #resolved = new Map<string, TopicConfig>();
  /** A file system that takes `Orders` and `orders` for the same. */
  readonly #isCaseInsensitive: boolean;
  readonly #topics = new Map<string, CatalogTopic>();
  readonly #topicsById = new Map<string, CatalogTopic>();
  readonly #deleting = new Map<string, string>();
  readonly #logStarts = new Map<string, Map<number, number>>();
  readonly #values = new Map<string, string>();
  /** Another number after each topic that was made, deleted or got more partitions. */
  version = 0;
  #nextProducerId = 0;
  #producerIdsEnd = 0;

  constructor(journal: MetadataJournal, settings: BrokerSettings, isCaseInsensitive: boolean) {
    this.#journal = journal;
    this.#settings = settings;
    this.#isCaseInsensitive = isCaseInsensitive;
  }

  readonly values: DurableValues = {
    get: (key) => this.#values.get(key),
    set: (key, value) => {
      this.#write(['value', key, value ?? null]);
      this.replay(['value', key, value ?? null]);
    },
    entries: (prefix) => [...this.#values].filter(([key]) => key.startsWith(prefix)),
  };

  /** @throws StorageError INVALID_CONFIG, with nothing changed */
  setSettings(settings: BrokerSettings): void {
    resolveTopicConfig({}, settings);
    this.#settings = settings;
    this.#resolved = new Map();
    for (const topic of this.#topics.values()) {
      topic.config = this.#resolve(topic.configs);
      topic.changed();
    }
  }

  #resolve(configs: Readonly<Record<string, string>>): TopicConfig {
    const key = JSON.stringify(Object.entries(configs).sort());
    let config = this.#resolved.get(key);
    if (config === undefined) {
      config = resolveTopicConfig(configs, this.#settings);
      if (this.#resolved.size >= resolvedMax) this.#resolved.clear();
      this.#resolved.set(key, config);
    }
    return config;
  }

  topics(): TopicInfo[] {
    return Array.from(this.#topics.values(), (topic) => topic.info);
  }

  byName(name: string): CatalogTopic | undefined {
    return this.#topics.get(name);
  }

  byId(topicId: string): CatalogTopic | undefined {
    return this.#topicsById.get(topicId);
  }

  get count(): number {
    return this.#topics.size;
  }

  /** Topics whose deletion a crash interrupted: name by topic id. */
  get deleting(): ReadonlyMap<string, string> {
    return this.#deleting;
  }

  create({ name, partitions, topicId = newTopicId(), configs = {} }: NewTopic): CatalogTopic {
    checkTopicName(name);
    if (this.#topics.has(name)) throw refused('TOPIC_ALREADY_EXISTS', `Topic '${name}' already exists.`);
    if (this.#topicsById.has(topicId)) throw refused('TOPIC_ALREADY_EXISTS', `Topic id ${topicId} already exists.`);
    this.#checkCase(name);
    checkPartitions(name, partitions);
    const checked = checkTopicConfigs(configs);
    const topic = new CatalogTopic(name, topicId, partitions, checked, this.#resolve(checked));
    this.#write(topic.entry());
    this.#add(topic);
    return topic;
  }

  addPartitions(name: string, total: number): CatalogTopic {
    const topic = this.#existing(name);
    checkPartitions(name, total);
    if (total <= topic.partitions) {
      throw refused(
        'INVALID_PARTITIONS',
        `Topic '${name}' has ${topic.partitions} partitions, which cannot become ${total}.`,
      );
    }
    this.#write(['topic', name, topic.topicId, total, Object.entries(topic.configs)]);
    topic.partitions = total;
    topic.changed();
    this.version++;
    return topic;
  }

  setConfigs(name: string, configs: Record<string, string | null>): CatalogTopic {
    const topic = this.#existing(name);
    const checked = checkTopicConfigs(configs);
    const config = this.#resolve(checked);
    this.#write(['topic', name, topic.topicId, topic.partitions, Object.entries(checked)]);
    topic.configs = checked;
    topic.config = config;
    topic.changed();
    return topic;
  }

  /** Gone by name at once; `finishDelete` follows when its files are out of the way. */
  startDelete(name: string): CatalogTopic {
    const topic = this.#existing(name);
    this.#write(['topic-deleting', name, topic.topicId]);
    this.replay(['topic-deleting', name, topic.topicId]);
    return topic;
  }

  finishDelete(topicId: string): void {
    this.#write(['topic-deleted', topicId]);
    this.replay(['topic-deleted', topicId]);
  }

  logStart(topicId: string, partition: number): number {
    return this.#logStarts.get(topicId)?.get(partition) ?? 0;
  }

  setLogStart(topicId: string, partition: number, offset: number): void {
    this.#write(['log-start', topicId, partition, offset]);
    this.replay(['log-start', topicId, partition, offset]);
  }

  nextProducerId(): number {
    if (this.#nextProducerId === this.#producerIdsEnd) {
      const start = Math.max(this.#producerIdsEnd, Number(this.#values.get(producerIdKey) ?? 0));
      this.values.set(producerIdKey, String(start + producerIdBlock));
      // Synced before the first id leaves: after a power cut an id must not come again.
      this.#journal.flushSync();
      this.#nextProducerId = start;
      this.#producerIdsEnd = start + producerIdBlock;
    }
    return this.#nextProducerId++;
  }

  /** Takes an entry of the journal into memory. */
  replay(entry: JournalEntry): void {
    switch (entry[0]) {
      case 'topic': {
        const [, name, topicId, partitions, pairs] = entry;
        const configs = Object.fromEntries(pairs);
        this.#add(new CatalogTopic(name, topicId, partitions, configs, this.#resolve(configs)));
        break;
      }
      case 'topic-deleting': {
        const [, name, topicId] = entry;
        if (this.#topics.get(name)?.topicId === topicId) this.#topics.delete(name);
        this.#topicsById.delete(topicId);
        this.#logStarts.delete(topicId);
        this.#deleting.set(topicId, name);
        this.version++;
        break;
      }
      case 'topic-deleted':
        this.#deleting.delete(entry[1]);
        break;
      case 'log-start': {
        const [, topicId, partition, offset] = entry;
        let starts = this.#logStarts.get(topicId);
        if (starts === undefined) this.#logStarts.set(topicId, (starts = new Map()));
        starts.set(partition, offset);
        break;
      }
      case 'value':
        if (entry[2] === null) this.#values.delete(entry[1]);
        else this.#values.set(entry[1], entry[2]);
        break;
      default:
        // An entry of a later version that this one may ignore.
        entry satisfies never;
    }
  }

  #add(topic: CatalogTopic): void {
    this.version++;
    this.#topics.set(topic.name, topic);
    this.#topicsById.set(topic.topicId, topic);
  }

  #write(entry: JournalEntry): void {
    this.#journal.append([entry]);
  }

  /** Shortens the journal when most of it is history. */
  maintain(): void {
    if (this.#journal.isRewriteDue(this.#liveCount)) this.#journal.rewrite(this.liveEntries());
  }

  get #liveCount(): number {
    let count = this.#topics.size + this.#values.size + this.#deleting.size;
    for (const starts of this.#logStarts.values()) count += starts.size;
    return count;
  }

  /** What a new journal would say. */
  liveEntries(): JournalEntry[] {
    const entries: JournalEntry[] = [];
    for (const topic of this.#topics.values()) entries.push(topic.entry());
    for (const [topicId, name] of this.#deleting) entries.push(['topic-deleting', name, topicId]);
    for (const [topicId, starts] of this.#logStarts) {
      for (const [partition, offset] of starts) entries.push(['log-start', topicId, partition, offset]);
    }
    for (const [key, value] of this.#values) entries.push(['value', key, value]);
    return entries;
  }

  #existing(name: string): CatalogTopic {
    const topic = this.#topics.get(name);
    if (topic === undefined) throw refused('UNKNOWN_TOPIC_OR_PARTITION', `There is no topic '${name}'.`);
    return topic;
  }

  #checkCase(name: string): void {
    if (!this.#isCaseInsensitive) return;
    const lower = name.toLowerCase();
    for (const other of this.#topics.keys()) {
      if (other.toLowerCase() === lower) {
        throw refused(
          'INVALID_TOPIC_EXCEPTION',
          `Topic '${name}' differs from '${other}' in upper and lower case only, which this file system does not tell apart.`,
        );
      }
    }
  }
}

function checkPartitions(name: string, partitions: number): void {
  if (Number.isInteger(partitions) && partitions >= 1 && partitions <= partitionsMax) return;
  throw refused(
    'INVALID_PARTITIONS',
    `Topic '${name}' cannot have ${partitions} partitions: 1 to ${partitionsMax} are allowed.`,
  );
}

/** A random UUID (version 4) in Kafka's text form. */
export function newTopicId(): string {
  for (;;) {
    const bytes = randomBytes(16);
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    const text = bytes.toString('base64url');
    // Kafka avoids ids that a command line would take for an option.
    if (!text.startsWith('-')) return text;
  }
}
