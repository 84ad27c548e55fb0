import { type HttpServer, PrometheusText } from '@headwater/http';
import type { Hub } from '../board/hub.ts';
import { serviceStatuses } from '../events/records.ts';

export interface StateSource {
  /** Components of `/health`. */
  components(): Record<string, { status: 'UP' | 'DOWN'; [detail: string]: unknown }>;
  crawler(): { instances: number; leftOut: number; running: number; waiting: number };
  writer(): { sent: number; waiting: number; dropped: number } | undefined;
  more(): string;
  now(): number;
}

/** `/health`, `/info` and `/metrics` of the monitor itself. */
export function addStateRoutes(server: HttpServer, hub: Hub, source: StateSource): void {
  server.route('GET', '/health', (ctx) => {
    const components = source.components();
    const isUp = Object.values(components).every(({ status }) => status === 'UP');
    ctx.sendJson(isUp ? 200 : 503, { status: isUp ? 'UP' : 'DOWN', components });
  });
  server.route('GET', '/info', (ctx) =>
    ctx.sendJson(200, { app: { name: 'headwater-monitor' }, process: { pid: process.pid } }),
  );
  server.route('GET', '/metrics', (ctx) =>
    ctx.send(200, metricsText(hub, source), { 'content-type': PrometheusText.contentType }),
  );
}

function metricsText(hub: Hub, source: StateSource): string {
  const text = new PrometheusText();
  const nowMs = source.now();
  text.metric('headwater_service_instances', 'gauge', 'Instances by service and status.');
  for (const service of hub.board.services()) {
    const instances = hub.board.instances(service, nowMs);
    for (const status of serviceStatuses) {
      const count = instances.filter((instance) => instance.status === status).length;
      text.sample('headwater_service_instances', { service, status }, count);
    }
  }
  text.metric('headwater_monitor_records_total', 'counter', 'Records that were taken, by kind.');
  for (const [kind, count] of Object.entries(hub.taken))
    text.sample('headwater_monitor_records_total', { kind }, count);
  text.counter('headwater_monitor_damaged_records_total', 'Records on the topics that are none.', hub.damaged);
  const { instances, leftOut, running, waiting } = source.crawler();
  text.gauge('headwater_monitor_instances', 'Instances that are looked after.', instances);
  const leftOutHelp = 'Instances that are not looked after, as there are too many.';
  text.counter('headwater_monitor_instances_left_out_total', leftOutHelp, leftOut);
  text.metric('headwater_monitor_looks', 'gauge', 'Looks that run or wait now.');
  text.sample('headwater_monitor_looks', { state: 'running' }, running);
  text.sample('headwater_monitor_looks', { state: 'waiting' }, waiting);
  const writer = source.writer();
  if (writer !== undefined) {
    const droppedHelp = 'Events that were dropped: more came than were sent.';
    text.counter('headwater_monitor_events_sent_total', 'Events that are on their topics.', writer.sent);
    text.counter('headwater_monitor_events_dropped_total', droppedHelp, writer.dropped);
    text.gauge('headwater_monitor_events_waiting', 'Events that wait for the event store.', writer.waiting);
  }
  text.gauge('headwater_monitor_stream_readers', 'Readers of /stream.', hub.events.followers);
  return `${text.toString()}${source.more()}`;
}
