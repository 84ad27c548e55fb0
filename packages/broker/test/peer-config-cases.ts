import { ApiKey, errorInfo } from '@headwater/protocol';
import type { Steps } from './peer-compare.ts';
import type { RawClient } from './raw-client.ts';

const topic = 2;
const broker = 4;
const brokerLogger = 8;
const clientMetrics = 16;
const [set, remove, append, subtract] = [0, 1, 2, 3] as const;

type Change = [name: string, operation: number, value: string | null];

async function alter(client: RawClient, type: number, name: string, changes: Change[], validateOnly = false) {
  const configs = changes.map(([key, configOperation, value]) => ({ name: key, configOperation, value }));
  const resources = [{ resourceType: type, resourceName: name, configs }];
  const { responses } = await client.call(ApiKey.IncrementalAlterConfigs, 1, { resources, validateOnly });
  const { errorCode, errorMessage } = responses[0]!;
  return errorCode === 0 ? 'NONE' : `${errorInfo(errorCode).name} ${errorMessage}`;
}

async function describe(client: RawClient, resourceType: number, resourceName: string, keys: string[] | null) {
  const resources = [{ resourceType, resourceName, configurationKeys: keys }];
  const { results } = await client.call(ApiKey.DescribeConfigs, 4, { resources, includeSynonyms: true });
  const { configs, errorCode, errorMessage } = results[0]!;
  const shown = configs
    // Kafka keeps this one as a dynamic default of its cluster.
    .filter(({ name }) => name !== 'min.insync.replicas')
    .map((config) => {
      const { name, value, readOnly, configSource, isSensitive, configType } = config;
      const synonyms = config.synonyms.map((synonym) => [synonym.name, synonym.value, synonym.source].join(':'));
      return [name, value, readOnly, configSource, isSensitive, configType, ...synonyms].join(' ');
    });
  return [errorInfo(errorCode).name, errorCode === 0 ? null : errorMessage, shown.sort()];
}

/** Kafka's broker hears of a change a little later than its controller. */
async function heard(client: RawClient, type: number, name: string, key: string, value: string | null): Promise<void> {
  for (;;) {
    const resources = [{ resourceType: type, resourceName: name, configurationKeys: [key] }];
    const { results } = await client.call(ApiKey.DescribeConfigs, 4, { resources });
    if ((results[0]!.configs[0]?.value ?? null) === value) return;
  }
}

/** Settings: what may be changed, and where values come from. One process at a time, for they are the whole broker's. */
export const configCases: Record<string, Steps> = {
  async 'what may be changed while the broker runs'(client) {
    const answers: unknown[] = [];
    const changes: [string, string][] = [
      ['log.retention.ms', '100000'],
      ['log.retention.ms', '0'],
      ['log.retention.ms', ''],
      ['log.retention.ms', 'soon'],
      ['log.retention.hours', '5'],
      ['log.flush.interval.ms', '100'],
      ['log.flush.scheduler.interval.ms', '100'],
      ['num.partitions', '3'],
      ['no.such.thing', '1'],
      ['num.io.threads', 'abc'],
      ['num.io.threads', '0'],
      ['num.io.threads', '9'],
      ['log.dirs', '/elsewhere'],
      ['broker.id', '2'],
      ['controller.quorum.voters', '2@there:1'],
      ['max.connections', '50'],
      ['max.connections.per.ip', '60'],
      ['log.cleanup.policy', 'compact,delete'],
      ['message.max.bytes', '-1'],
      ['min.insync.replicas', '0'],
      ['log.cleaner.backoff.ms', '20000'],
      ['producer.id.expiration.ms', '1000'],
      ['follower.replication.throttled.rate', '100'],
      ['advertised.listeners', 'PLAINTEXT://elsewhere:1'],
      ['log.segment.bytes', '2000000'],
      ['compression.type', 'zstd'],
    ];
    for (const [name, value] of changes) {
      for (const resource of ['1', '']) answers.push(await alter(client, broker, resource, [[name, set, value]], true));
    }
    return answers;
  },

  async 'changes of a broker that cannot be made'(client) {
    const of = (changes: Change[], name = '1', type = broker) => alter(client, type, name, changes);
    return [
      await of([['log.retention.ms', append, '1']]),
      await of([['log.retention.ms', subtract, '1']]),
      await of([['no.such', append, '1']]),
      await of([['no.such', remove, null]]),
      await of([['log.retention.ms', 7, '1']]),
      await of([['log.retention.ms', set, null]]),
      await of([
        ['log.retention.ms', set, '1'],
        ['log.retention.ms', set, '2'],
      ]),
      await of([['log.retention.ms', set, '1']], '9'),
      await of([['log.retention.ms', set, '1']], 'x'),
      await of([['root', set, 'INFO']], '1', 99),
      await of([['root', set, 'INFO']], '1', brokerLogger),
      await of([['root', set, 'LOUD']], '1', brokerLogger),
      await of([['root', set, 'INFO']], '', brokerLogger),
      await of([['root', set, 'INFO']], '4', brokerLogger),
      await of([['root', remove, null]], '1', brokerLogger),
      await of([['root', append, 'INFO']], '1', brokerLogger),
      await describe(client, broker, '9', null),
      await describe(client, broker, 'x', null),
      await describe(client, brokerLogger, '1', ['root']),
      await describe(client, brokerLogger, '', null),
      await describe(client, brokerLogger, '7', null),
    ];
  },

  async 'where settings come from'(client, unique) {
    const topics = [
      {
        name: unique,
        numPartitions: 1,
        replicationFactor: 1,
        assignments: [],
        configs: [{ name: 'segment.bytes', value: '3000000' }],
      },
    ];
    await client.call(ApiKey.CreateTopics, 7, { topics });
    await heard(client, topic, unique, 'segment.bytes', '3000000');
    const answers: unknown[] = [];
    const settings = ['log.retention.ms', 'log.segment.bytes', 'log.roll.ms', 'log.cleanup.policy', 'custom.thing'];
    const others = ['log.retention.hours', 'log.retention.minutes', 'log.roll.hours', 'num.partitions'];
    const ofTopic = ['retention.ms', 'segment.bytes', 'segment.ms', 'flush.ms', 'cleanup.policy', 'segment.jitter.ms'];
    const look = async () => {
      answers.push(await describe(client, broker, '1', [...settings, ...others]));
      answers.push(await describe(client, broker, '', null));
      answers.push(await describe(client, topic, unique, ofTopic));
    };
    try {
      await look();
      answers.push(await alter(client, broker, '', [['log.retention.ms', set, '700000']]));
      answers.push(await alter(client, broker, '', [['log.segment.bytes', set, '2000000']]));
      answers.push(await alter(client, broker, '1', [['log.roll.ms', set, '900000000']]));
      answers.push(await alter(client, broker, '1', [['log.cleanup.policy', append, 'compact']]));
      answers.push(await alter(client, broker, '1', [['custom.thing', set, 'abc']]));
      answers.push(await alter(client, broker, '1', [['log.retention.ms', set, '800000']]));
      await heard(client, topic, unique, 'retention.ms', '800000');
      await look();
      answers.push(await alter(client, broker, '1', [['log.cleanup.policy', subtract, 'delete']]));
      answers.push(await alter(client, broker, '1', [['log.retention.ms', remove, null]]));
      await heard(client, topic, unique, 'retention.ms', '700000');
      await look();
    } finally {
      for (const name of ['1', '']) {
        for (const setting of settings) await alter(client, broker, name, [[setting, remove, null]]);
      }
      await heard(client, topic, unique, 'retention.ms', '604800000');
    }
    await look();
    return answers;
  },

  async 'all settings of a thing at once'(client) {
    const answers: unknown[] = [];
    const replace = async (resourceType: number, resourceName: string, settings: [string, string | null][]) => {
      const configs = settings.map(([name, value]) => ({ name, value }));
      const resources = [{ resourceType, resourceName, configs }];
      const { responses } = await client.call(ApiKey.AlterConfigs, 2, { resources, validateOnly: false });
      const { errorCode, errorMessage } = responses[0]!;
      answers.push([errorInfo(errorCode).name, errorMessage]);
    };
    await replace(broker, '1', [['log.retention.ms', '900000']]);
    await heard(client, broker, '1', 'log.retention.ms', '900000');
    await replace(broker, '1', [['log.retention.ms', null]]);
    await replace(broker, '1', [['num.partitions', '2']]);
    await replace(brokerLogger, '1', [['root', 'INFO']]);
    answers.push(await describe(client, broker, '1', ['log.retention.ms']));
    await replace(broker, '1', []);
    await heard(client, broker, '1', 'log.retention.ms', null);
    const twice = { resourceType: broker, resourceName: '1', configs: [] };
    const body = { resources: [twice, twice], validateOnly: true };
    const { responses } = await client.call(ApiKey.IncrementalAlterConfigs, 1, body);
    answers.push(responses.map(({ errorCode, errorMessage }) => [errorInfo(errorCode).name, errorMessage]));
    return answers;
  },

  async 'subscriptions to metrics of clients, and what has settings'(client, unique) {
    const answers: unknown[] = [];
    const of = (changes: Change[], name = unique) => alter(client, clientMetrics, name, changes);
    const list = async (version: number, resourceTypes: number[]) => {
      const body = version === 0 ? {} : { resourceTypes };
      const { errorCode, configResources } = await client.call(ApiKey.ListConfigResources, version, body);
      const names = configResources
        .filter(({ resourceName }) => ['1', unique].includes(resourceName))
        .map(({ resourceName, resourceType }) => `${resourceType} ${resourceName.replace(unique, 'mine')}`);
      answers.push([errorInfo(errorCode).name, names.sort()]);
    };
    answers.push(await describe(client, clientMetrics, unique, null), await describe(client, clientMetrics, '', null));
    answers.push(await of([['interval.ms', set, '1']]), await of([['bad', set, '1']]));
    answers.push(await of([['match', set, 'zzz']]), await of([['interval.ms', set, '1000']], ''));
    answers.push(await of([['match', set, 'client_id=a.*']]), await of([['interval.ms', set, '1000']]));
    await heard(client, clientMetrics, unique, 'interval.ms', '1000');
    answers.push(await describe(client, clientMetrics, unique, null));
    await list(0, []);
    for (const types of [[], [broker], [brokerLogger], [clientMetrics], [99], [topic]]) await list(1, types);
    answers.push(await of([['match', remove, null]]), await of([['interval.ms', remove, null]]));
    await heard(client, clientMetrics, unique, 'interval.ms', '300000');
    await list(0, []);
    return answers;
  },
};
