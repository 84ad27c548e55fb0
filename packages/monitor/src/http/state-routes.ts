import type { HttpServer } from '@headwater/http';
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
    ctx.send(200, metricsText(hub, source), { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }),
  );
}

function metricsText(hub: Hub, source: StateSource): string {
  const lines: string[] = [];
  const family = (name: string, type: 'counter' | 'gauge', help: string): void =>
    void lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
  const nowMs = source.now();
  family('headwater_service_instances', 'gauge', 'Instances by service and status.');
  for (const service of hub.board.services()) {
    const instances = hub.board.instances(service, nowMs);
    for (const status of serviceStatuses) {
      const count = instances.filter((instance) => instance.status === status).length;
      lines.push(`headwater_service_instances{service="${escaped(service)}",status="${status}"} ${count}`);
    }
  }
  family('headwater_monitor_records_total', 'counter', 'Records that were taken, by kind.');
  for (const [kind, count] of Object.entries(hub.taken))
    lines.push(`headwater_monitor_records_total{kind="${kind}"} ${count}`);
  family('headwater_monitor_damaged_records_total', 'counter', 'Records on the topics that are none.');
  lines.push(`headwater_monitor_damaged_records_total ${hub.damaged}`);
  const { instances, leftOut, running, waiting } = source.crawler();
  family('headwater_monitor_instances', 'gauge', 'Instances that are looked after.');
  lines.push(`headwater_monitor_instances ${instances}`);
  family(
    'headwater_monitor_instances_left_out_total',
    'counter',
    'Instances that are not looked after, as there are too many.',
  );
  lines.push(`headwater_monitor_instances_left_out_total ${leftOut}`);
  family('headwater_monitor_looks', 'gauge', 'Looks that run or wait now.');
  lines.push(
    `headwater_monitor_looks{state="running"} ${running}`,
    `headwater_monitor_looks{state="waiting"} ${waiting}`,
  );
  const writer = source.writer();
  if (writer !== undefined) {
    family('headwater_monitor_events_sent_total', 'counter', 'Events that are on their topics.');
    lines.push(`headwater_monitor_events_sent_total ${writer.sent}`);
    family('headwater_monitor_events_dropped_total', 'counter', 'Events that were dropped: more came than were sent.');
    lines.push(`headwater_monitor_events_dropped_total ${writer.dropped}`);
    family('headwater_monitor_events_waiting', 'gauge', 'Events that wait for the event store.');
    lines.push(`headwater_monitor_events_waiting ${writer.waiting}`);
  }
  family('headwater_monitor_stream_readers', 'gauge', 'Readers of /stream.');
  lines.push(`headwater_monitor_stream_readers ${hub.events.followers}`);
  return `${lines.join('\n')}\n${source.more()}`;
}

function escaped(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}
