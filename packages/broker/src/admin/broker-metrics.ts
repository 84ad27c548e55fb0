import type { BrokerContext } from '../context.ts';
import type { NetworkStats } from '../network/kafka-server.ts';
import type { PrometheusText } from './prometheus.ts';

const topicsMax = 1_000;

/** Traffic by topic, and of all topics without a label, as Kafka's MBeans have both: `{topic=""}` selects the latter. */
export function topicMetrics(text: PrometheusText, { flow, store }: BrokerContext): number {
  const totals = flow.totals();
  const topics = [...flow.topics()].slice(0, topicsMax);
  const counters = [
    ['kafka_server_brokertopicmetrics_messagesin_total', 'Records that were produced.', 'recordsIn'],
    ['kafka_server_brokertopicmetrics_bytesin_total', 'Bytes that were produced.', 'bytesIn'],
    ['headwater_kafka_messagesout_total', 'Records that were fetched.', 'recordsOut'],
    ['kafka_server_brokertopicmetrics_bytesout_total', 'Bytes that were fetched.', 'bytesOut'],
    ['kafka_server_brokertopicmetrics_totalproducerequests_total', 'Batches that were produced.', 'batchesIn'],
    ['kafka_server_brokertopicmetrics_totalfetchrequests_total', 'Fetches that found records.', 'fetches'],
    ['kafka_server_brokertopicmetrics_failedproducerequests_total', 'Batches that were refused.', 'refusedIn'],
  ] as const;
  for (const [name, help, field] of counters) {
    text.metric(name, 'counter', help).sample(name, totals[field]);
    for (const [topic, counter] of topics) text.sample(name, counter[field], { topic });
  }
  const all = store.topics();
  const partitions = all.reduce((sum, topic) => sum + topic.partitions, 0);
  const controller = 'kafka_controller_kafkacontroller';
  text.gauge(`${controller}_globaltopiccount`, 'Topics.', all.length);
  text.gauge(`${controller}_globalpartitioncount`, 'Partitions.', partitions);
  text.gauge(`${controller}_activecontrollercount`, '1: this node is the controller.', 1);
  text.gauge(`${controller}_activebrokercount`, 'Brokers.', 1);
  text.gauge(`${controller}_fencedbrokercount`, 'Brokers that are not in use.', 0);
  text.gauge(`${controller}_offlinepartitionscount`, 'Partitions without a leader.', 0);
  text.gauge(
    `${controller}_preferredreplicaimbalancecount`,
    'Partitions led by another replica than they should be.',
    0,
  );
  const unclean = 'kafka_controller_controllerstats_uncleanleaderelections_total';
  text.counter(unclean, 'Leaders that were not in sync.', 0);
  const replicas = 'kafka_server_replicamanager';
  text.gauge(`${replicas}_partitioncount`, 'Partitions.', partitions);
  text.gauge(`${replicas}_leadercount`, 'Partitions that this broker leads.', partitions);
  for (const name of [
    'underreplicatedpartitions',
    'underminisrpartitioncount',
    'offlinereplicacount',
    'reassigningpartitions',
  ]) {
    text.gauge(`${replicas}_${name}`, 'One node has nothing of the kind.', 0);
  }
  text.counter(`${replicas}_isrshrinks_total`, 'One node has nothing of the kind.', 0);
  text.counter(`${replicas}_isrexpands_total`, 'One node has nothing of the kind.', 0);
  return Math.max(0, flow.topics().size - topics.length);
}

/** The node itself: its state, connections, threads. */
export function nodeMetrics(
  text: PrometheusText,
  context: BrokerContext,
  network: NetworkStats,
  idleShare: number,
): void {
  const { brokerId, fetchWaiters } = context;
  text.gauge('kafka_brokers', 'Brokers.', 1);
  text
    .metric('kafka_broker_info', 'gauge', 'The broker, its id as a label.')
    .sample('kafka_broker_info', 1, { id: String(brokerId) });
  text.gauge('kafka_server_kafkaserver_brokerstate', '3: running.', 3);
  const idle = 'Share of the time in which the one thread had nothing to do, 0 to 1.';
  text.gauge('kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent', idle, idleShare);
  text.gauge('kafka_network_socketserver_networkprocessoravgidle_percent', idle, idleShare);
  const purgatory = 'kafka_server_delayedoperationpurgatory_purgatorysize';
  text
    .metric(purgatory, 'gauge', 'Partitions that fetches wait for.')
    .sample(purgatory, fetchWaiters.size, { delayed_operation: 'Fetch' });
  const sockets = 'kafka_server_socket_server_metrics';
  text.gauge(`${sockets}_connection_count`, 'Connections that are open.', network.connections);
  text.counter(`${sockets}_connection_creation_total`, 'Connections that were accepted.', network.acceptedConnections);
  text.counter(
    `${sockets}_failed_authentication_total`,
    'Connections that did not show who they are.',
    network.failedAuthentications,
  );
  text.gauge(
    'headwater_kafka_unauthenticated_connections',
    'Connections that have yet to show who they are.',
    network.unauthenticatedConnections,
  );
  text.metric('headwater_kafka_connections_total', 'counter', 'Connections by how they went.');
  text.sample('headwater_kafka_connections_total', network.acceptedConnections, { outcome: 'accepted' });
  text.sample('headwater_kafka_connections_total', network.refusedConnections, { outcome: 'refused' });
  text.sample('headwater_kafka_connections_total', network.failedConnections, { outcome: 'failed' });
  text.sample('headwater_kafka_connections_total', network.idleClosedConnections, { outcome: 'idle_closed' });
  text.metric('headwater_kafka_socket_bytes_total', 'counter', 'Bytes over sockets.');
  text.sample('headwater_kafka_socket_bytes_total', network.receivedBytes, { direction: 'received' });
  text.sample('headwater_kafka_socket_bytes_total', network.sentBytes, { direction: 'sent' });
}
