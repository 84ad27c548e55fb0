import type { SqlEngine } from '../../engine/sql-engine.ts';
import { sourcesOf } from '../../plan/steps/step.ts';
import type { ExtendedTopicList, TopicLine, TopicList } from '../entities/index.ts';
import { answerHead } from './answer-head.ts';

/** ksqlDB's `ksql.hidden.topics`, and what its services keep for themselves. */
const hidden =
  /^(?:_confluent.*|__confluent.*|_headwater-sql-.*|_schemas|__consumer_offsets|__transaction_state|connect-configs|connect-offsets|connect-status|connect-statuses)$/;

/** SHOW TOPICS: hidden ones with ALL only. */
export async function listTopics(engine: SqlEngine, isAll: boolean, text: string): Promise<TopicList> {
  return { '@type': 'kafka_topics', ...answerHead(text), topics: await topicLines(engine, isAll) };
}

/** SHOW TOPICS EXTENDED: with those who read them. */
export async function listTopicsExtended(engine: SqlEngine, isAll: boolean, text: string): Promise<ExtendedTopicList> {
  const lines = await topicLines(engine, isAll);
  const readers = (await engine.groups?.readers()) ?? new Map<string, { consumers: number; groups: number }>();
  const own = queriesReading(engine);
  const topics = lines.map((line) => {
    const { consumers = 0, groups = 0 } = readers.get(line.name) ?? {};
    const queries = own.get(line.name) ?? 0;
    const consumerCount = consumers + queries * line.replicaInfo.length;
    return { ...line, consumerCount, consumerGroupCount: groups + queries };
  });
  return { '@type': 'kafka_topics_extended', ...answerHead(text), topics };
}

async function topicLines(engine: SqlEngine, isAll: boolean): Promise<TopicLine[]> {
  return (await engine.topics.list())
    .filter(({ name }) => isAll || !hidden.test(name))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .map(({ name, partitions, replicas }) => ({ name, replicaInfo: new Array<number>(partitions).fill(replicas) }));
}

/** By topic. Each query counts as a group with a consumer for each partition: Kafka sees the members of one group for all of them. */
function queriesReading({ queries }: SqlEngine): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { plan } of queries.values())
    for (const topic of new Set(sourcesOf(plan.step).map(({ source }) => source.topic)))
      counts.set(topic, (counts.get(topic) ?? 0) + 1);
  return counts;
}
