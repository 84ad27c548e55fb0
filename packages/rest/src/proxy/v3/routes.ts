import type { KafkaClient } from '@headwater/client';
import type { HttpContext } from '@headwater/http';
import { checkContentType, negotiate } from '../media-types.ts';
import { createAcl, createAcls, deleteAcls, searchAcls } from './acls.ts';
import { brokers, getCluster, listClusters, reassignments, replicasOfBroker } from './clusters.ts';
import {
  alterConfigs,
  alterConfigsOfTopics,
  getConfig,
  listAllConfigs,
  listConfigs,
  ofAllBrokers,
  ofBroker,
  ofTopic,
  resetConfig,
  updateConfig,
} from './configs.ts';
import { assignments, consumers, getGroup, lagSummary, lags, listGroups } from './consumer-groups.ts';
import { partitionOffsets, partitions, replicas } from './partitions.ts';
import { produceStream } from './produce.ts';
import { produceBatch } from './produce-batch.ts';
import type { RecordWriter } from './record-writer.ts';
import { createTopic, deleteTopic, getTopic, listTopics, updatePartitionsCount } from './topics.ts';

export type AddRoute = (method: string, path: string, handler: (ctx: HttpContext) => unknown) => void;

/** The calls of the v3 API, below `/v3` and, as in Confluent Server, `/kafka/v3`. A colon in a path is written twice. */
export function addV3Routes(add: AddRoute, client: KafkaClient, writer: RecordWriter): void {
  type Call = (ctx: HttpContext, client: KafkaClient) => unknown;
  const on = (method: string, path: string, call: Call): void => {
    for (const prefix of ['/v3', '/kafka/v3']) {
      add(method, `${prefix}/clusters${path}`, (ctx) => {
        negotiate(ctx.req, ['application/json']);
        if (method !== 'GET' && method !== 'DELETE') checkContentType(ctx.req, ['application/json']);
        return call(ctx, client);
      });
    }
  };
  const topic = '/:cluster/topics/:topic';
  const group = '/:cluster/consumer-groups/:group';
  on('GET', '', listClusters);
  on('GET', '/:cluster', getCluster);
  on('GET', '/:cluster/topics', listTopics);
  on('POST', '/:cluster/topics', createTopic);
  on('GET', topic, getTopic);
  on('PATCH', topic, updatePartitionsCount);
  on('DELETE', topic, deleteTopic);
  on('POST', `${topic}/records`, (ctx) => produceStream(ctx, writer));
  on('POST', `${topic}/records::batch`, (ctx) => produceBatch(ctx, writer));
  on('GET', `${topic}/partitions`, partitions);
  on('GET', `${topic}/partitions/:partition`, partitions);
  on('GET', `${topic}/partitions/:partition/offset`, partitionOffsets);
  on('GET', `${topic}/partitions/:partition/replicas`, replicas);
  on('GET', `${topic}/partitions/:partition/replicas/:broker`, replicas);
  on('GET', `${topic}/partitions/:partition/reassignment`, reassignments);
  on('GET', `${topic}/partitions/-/reassignment`, reassignments);
  on('GET', '/:cluster/topics/-/partitions/-/reassignment', reassignments);
  on('GET', '/:cluster/brokers', brokers);
  on('GET', '/:cluster/brokers/:broker', brokers);
  on('GET', '/:cluster/brokers/:broker/partition-replicas', replicasOfBroker);
  on('GET', '/:cluster/topics/-/configs', (ctx) => listAllConfigs(ctx, client, 'topics'));
  on('GET', '/:cluster/brokers/-/configs', (ctx) => listAllConfigs(ctx, client, 'brokers'));
  on('POST', '/:cluster/topics/-/configs::alter', alterConfigsOfTopics);
  for (const [path, find] of [
    [`${topic}/configs`, ofTopic],
    ['/:cluster/brokers/:broker/configs', ofBroker],
    ['/:cluster/broker-configs', ofAllBrokers],
  ] as const) {
    on('GET', path, (ctx) => listConfigs(ctx, client, find));
    on('GET', `${path}/:name`, (ctx) => getConfig(ctx, client, find));
    on('PUT', `${path}/:name`, (ctx) => updateConfig(ctx, client, find));
    on('DELETE', `${path}/:name`, (ctx) => resetConfig(ctx, client, find));
    on('POST', `${path}::alter`, (ctx) => alterConfigs(ctx, client, find));
  }
  on('GET', '/:cluster/consumer-groups', listGroups);
  on('GET', group, getGroup);
  on('GET', `${group}/consumers`, consumers);
  on('GET', `${group}/consumers/:consumer`, consumers);
  on('GET', `${group}/consumers/:consumer/assignments`, assignments);
  on('GET', `${group}/consumers/:consumer/assignments/:topic/partitions/:partition`, assignments);
  on('GET', `${group}/lags`, lags);
  on('GET', `${group}/lags/:topic/partitions/:partition`, lags);
  on('GET', `${group}/lag-summary`, lagSummary);
  on('GET', '/:cluster/acls', searchAcls);
  on('POST', '/:cluster/acls', createAcl);
  on('DELETE', '/:cluster/acls', deleteAcls);
  on('POST', '/:cluster/acls::batch', createAcls);
}
