import type { SqlEngine } from '../../engine/sql-engine.ts';
import type { TopicList } from '../entities/index.ts';
import { answerHead } from './answer-head.ts';

/** ksqlDB's `ksql.hidden.topics`, and what its services keep for themselves. */
const hidden =
  /^(?:_confluent.*|__confluent.*|_schemas|__consumer_offsets|__transaction_state|connect-configs|connect-offsets|connect-status|connect-statuses)$/;

/** SHOW TOPICS: hidden ones with ALL only. */
export async function listTopics(engine: SqlEngine, isAll: boolean, text: string): Promise<TopicList> {
  const topics = (await engine.topics.list())
    .filter(({ name }) => isAll || !hidden.test(name))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .map(({ name, partitions, replicas }) => ({ name, replicaInfo: new Array<number>(partitions).fill(replicas) }));
  return { '@type': 'kafka_topics', ...answerHead(text), topics };
}
