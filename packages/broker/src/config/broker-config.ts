import { BrokerError } from '../broker-error.ts';
import { type ConfigDefinition, configValueProblem } from '../storage/config-value.ts';
import {
  resolveStoreConfig,
  resolveTopicConfig,
  type SettingLayer,
  storeConfigs,
  topicConfigTable,
} from '../storage/index.ts';
import { consumerGroupConfigs } from './consumer-group-definitions.ts';
import { unscopedName } from './listener-config.ts';
import { quotaConfigs } from './quota-configs.ts';
import { securityConfigs } from './security-configs.ts';
import { transactionConfigs } from './transaction-configs.ts';

export type ConfigInput = Readonly<Record<string, string | number | boolean>>;

/**
 * Settings of the broker by Kafka's names; those of topics (`log.retention.ms` …) are storage's, in `topic-config.ts`. Defaults are
 * Kafka's but where the text says otherwise.
 */
export const brokerConfigs = {
  ...quotaConfigs,
  ...securityConfigs,
  ...transactionConfigs,
  'allow.everyone.if.no.acl.found': {
    type: 'BOOLEAN',
    default: 'false',
    documentation: 'With an authorizer: whether everybody may use what no ACL is about.',
  },
  'authorizer.class.name': {
    type: 'STRING',
    default: '',
    documentation:
      'Any value, such as org.apache.kafka.metadata.authorizer.StandardAuthorizer, has ACLs decide who may do what; empty: everybody may do everything.',
  },
  'auto.create.topics.enable': {
    type: 'BOOLEAN',
    default: 'true',
    documentation: 'Whether asking for the metadata of an unknown topic makes it.',
  },
  'broker.rack': { type: 'STRING', default: '', documentation: 'Rack that is told to clients; there is one node.' },
  'default.replication.factor': {
    type: 'INT',
    default: '1',
    min: 1,
    max: 1,
    documentation: 'Replicas of topics that are made without saying; one node has one.',
  },
  'delete.topic.enable': { type: 'BOOLEAN', default: 'true', documentation: 'Whether topics may be deleted.' },
  'fetch.max.bytes': {
    type: 'INT',
    default: '57671680',
    min: 1024,
    documentation: 'Largest answer to a fetch, but for a first batch that is larger.',
  },
  ...consumerGroupConfigs,
  'group.initial.rebalance.delay.ms': {
    type: 'INT',
    default: '0',
    min: 0,
    documentation:
      "How long a new group waits for more members. 0 as in Kafka's own server.properties; Kafka's built-in default is 3000.",
  },
  'group.max.session.timeout.ms': {
    type: 'INT',
    default: '1800000',
    min: 1,
    documentation: 'Longest session that a member of a group may ask for.',
  },
  'group.max.size': {
    type: 'INT',
    default: '10000',
    min: 1,
    documentation: 'Members of one group. Kafka has no bound unless it is set.',
  },
  'group.min.session.timeout.ms': {
    type: 'INT',
    default: '6000',
    min: 1,
    documentation: 'Shortest session that a member of a group may ask for.',
  },
  'headwater.admin.request.max.bytes': {
    type: 'INT',
    default: '4194304',
    min: 1024,
    update: 'cluster-wide',
    documentation:
      'Largest request other than Produce: decoded, it takes many times its size. Kafka has one bound for all requests.',
  },
  'headwater.group.memory.bytes': {
    type: 'LONG',
    default: '268435456',
    min: 1048576,
    documentation:
      'Memory for what the members of all groups say when they join; beyond it joins get GROUP_MAX_SIZE_REACHED.',
  },
  'headwater.max.acls': {
    type: 'INT',
    default: '100000',
    min: 1,
    documentation: 'ACLs in all; a further one is refused with POLICY_VIOLATION.',
  },
  'headwater.max.committed.offsets': {
    type: 'INT',
    default: '2000000',
    min: 1,
    documentation: 'Committed offsets of all groups; a further one is refused with INVALID_COMMIT_OFFSET_SIZE.',
  },
  'headwater.max.fetch.session.partitions': {
    type: 'INT',
    default: '500000',
    min: 0,
    update: 'cluster-wide',
    documentation:
      'Partitions of all fetch sessions, some 200 bytes each; who finds no room asks for all partitions each time.',
  },
  'headwater.max.groups': {
    type: 'INT',
    default: '100000',
    min: 1,
    documentation: 'Groups in all; a further one is refused with COORDINATOR_NOT_AVAILABLE.',
  },
  'headwater.max.partitions': {
    type: 'INT',
    default: '100000',
    min: 1,
    update: 'cluster-wide',
    documentation: 'Partitions in all; a topic that would pass it is refused with POLICY_VIOLATION.',
  },
  'headwater.max.pipelined.requests': {
    type: 'INT',
    default: '100',
    min: 1,
    documentation: 'Requests of one connection that may wait for an answer; the next ones are not read until then.',
  },
  'headwater.send.memory.bytes': {
    type: 'LONG',
    default: '268435456',
    min: 1048576,
    update: 'cluster-wide',
    documentation:
      'When clients have left so many bytes of answers unread in all, fetches are answered a batch at a time.',
  },
  'max.incremental.fetch.session.cache.slots': {
    type: 'INT',
    default: '1000',
    min: 0,
    documentation: 'Fetch sessions in all; who finds no room asks for all partitions each time.',
  },
  'num.partitions': {
    type: 'INT',
    default: '1',
    min: 1,
    documentation: 'Partitions of topics that are made without saying how many.',
  },
  'offset.metadata.max.bytes': {
    type: 'INT',
    default: '4096',
    min: 0,
    documentation: 'Largest text that may go with a committed offset.',
  },
  'offsets.retention.check.interval.ms': {
    type: 'LONG',
    default: '600000',
    min: 1,
    documentation: 'How often committed offsets are looked at for their age.',
  },
  'offsets.retention.minutes': {
    type: 'INT',
    default: '10080',
    min: 1,
    documentation: 'How long the offsets of a group without members are kept.',
  },
  'offsets.topic.num.partitions': {
    type: 'INT',
    default: '1',
    min: 1,
    documentation: 'Partitions of __consumer_offsets when it is made. Kafka has 50, for many brokers to share.',
  },
  'offsets.topic.segment.bytes': {
    type: 'INT',
    default: '104857600',
    min: 1024,
    documentation: 'Segment size of __consumer_offsets.',
  },
  'queued.max.request.bytes': {
    type: 'LONG',
    default: '536870912',
    min: 1048576,
    documentation: 'Memory for requests above 1 MiB that are still arriving; beyond it such connections are closed.',
  },
  'socket.request.max.bytes': {
    type: 'INT',
    default: '104857600',
    min: 1024,
    documentation: 'Largest request; a connection that announces a larger one is closed.',
  },
  'super.users': {
    type: 'STRING',
    default: '',
    documentation: 'Who may do everything without ACLs, such as User:admin;User:ops.',
  },
} as const satisfies Record<string, ConfigDefinition>;

export type BrokerConfigName = keyof typeof brokerConfigs;

export const brokerConfigTable: Readonly<Record<string, ConfigDefinition>> = brokerConfigs;

/** Settings that were made while the broker runs, by their names. */
export type DynamicSettings = Readonly<Record<string, string>>;

/**
 * The broker's settings: those of its start, and over them those that were made since, for all brokers of a cluster and for this one.
 * Whoever needs a value asks when it needs it.
 */
export class BrokerConfig {
  readonly #static: ConfigInput;
  #layers: readonly SettingLayer[];
  #set: ConfigInput;
  readonly #numbers = new Map<BrokerConfigName, number>();
  readonly #listeners = new Set<() => void>();

  /** @throws BrokerError HW_BROKER_CONFIG */
  constructor(input: ConfigInput) {
    this.#static = input;
    this.#layers = [{ source: 'static', settings: input }];
    this.#set = input;
    for (const [name, value] of Object.entries(input)) {
      const unscoped = unscopedName(name);
      const definition = Object.hasOwn(brokerConfigTable, unscoped) ? brokerConfigTable[unscoped] : undefined;
      const problem = definition === undefined ? null : configValueProblem(definition, name, String(value));
      if (problem !== null) throw new BrokerError('HW_BROKER_CONFIG', problem);
    }
    try {
      // What topics fall back on: a slip in it would else show with the first topic.
      resolveTopicConfig({}, input);
    } catch (cause) {
      throw new BrokerError('HW_BROKER_CONFIG', cause instanceof Error ? cause.message : String(cause), { cause });
    }
  }

  /** What is in force, by name; a name that is not here has its default. */
  get set(): ConfigInput {
    return this.#set;
  }

  /** Where values come from, nearest first. */
  get layers(): readonly SettingLayer[] {
    return this.#layers;
  }

  /** Takes these from now on; the names and single values are checked. @throws StorageError INVALID_CONFIG, with nothing changed */
  setDynamic(ofAll: DynamicSettings, ofThis: DynamicSettings): void {
    const set = { ...this.#static };
    for (const settings of [ofAll, ofThis]) override(set, settings);
    resolveTopicConfig({}, set);
    resolveStoreConfig(set);
    this.#set = set;
    this.#layers = [
      { source: 'dynamicBroker', settings: ofThis },
      { source: 'dynamicDefault', settings: ofAll },
      { source: 'static', settings: this.#static },
    ];
    this.#numbers.clear();
    for (const listener of this.#listeners) listener();
  }

  /** Calls back after each change, for what cannot ask when it needs a value. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  text(name: BrokerConfigName): string {
    return String(this.#set[name] ?? brokerConfigs[name].default).trim();
  }

  number(name: BrokerConfigName): number {
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = Number(this.text(name));
      this.#numbers.set(name, number);
    }
    return number;
  }

  isOn(name: BrokerConfigName): boolean {
    return this.text(name).toLowerCase() === 'true';
  }

  /** Names that nobody reads: probably a slip, as Kafka warns of them too. */
  unknownNames(): string[] {
    const synonyms = topicSynonyms();
    return Object.keys(this.#static).filter(
      (name) =>
        ![brokerConfigTable, storeConfigs].some((table) => Object.hasOwn(table, unscopedName(name))) &&
        !synonyms.has(name),
    );
  }
}

/** As Kafka: `log.roll.hours` of a nearer layer counts, though `log.roll.ms` of a farther one is set. */
function override(set: Record<string, string | number | boolean>, settings: DynamicSettings): void {
  for (const [name, value] of Object.entries(settings)) {
    for (const synonym of synonymsOf(name)) delete set[synonym];
    set[name] = value;
  }
}

/** Names of the broker's settings for one thing, the one that counts first in front. */
export function synonymsOf(name: string): readonly string[] {
  for (const { synonyms = [] } of Object.values(topicConfigTable)) {
    if (synonyms.some((synonym) => synonym.name === name)) return synonyms.map((synonym) => synonym.name);
  }
  return [name];
}

/** Broker-wide names of topic settings with their definitions: `log.segment.bytes` for `segment.bytes`. */
export function topicSynonyms(): Map<string, ConfigDefinition> {
  const synonyms = new Map<string, ConfigDefinition>();
  for (const definition of Object.values(topicConfigTable)) {
    for (const { name, factor } of definition.synonyms ?? []) {
      const inUnit = factor === undefined ? definition.default : String(Number(definition.default) / factor);
      if (!synonyms.has(name)) synonyms.set(name, { ...definition, default: inUnit });
    }
  }
  return synonyms;
}
