import { type MonitorKind, monitorTopics, serviceStatuses } from './records.ts';

const text = { type: 'string' };
const number = { type: 'number' };
const flag = { type: 'boolean' };
const texts = { type: 'object', additionalProperties: text };
const or = (schema: object) => ({ oneOf: [{ type: 'null' }, schema] });
const oneOf = (...values: readonly string[]) => ({ type: 'string', enum: values });

function object(title: string, properties: Record<string, object>, optional: readonly string[] = []) {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { $schema: 'http://json-schema.org/draft-07/schema#', title, type: 'object', properties, required };
}

const run = {
  type: 'object',
  properties: {
    pid: or(number),
    startedMs: or(number),
    seenMs: number,
    returned: number,
    end: or(oneOf('clean', 'crash')),
  },
};

/** JSON Schemas of the values of the topics; readers take fields that they do not know. */
export const recordSchemas: Readonly<Record<MonitorKind, object>> = {
  status: object(
    'ServiceStatus',
    {
      timestampMs: number,
      service: text,
      instance: text,
      status: oneOf(...serviceStatuses),
      previous: or(oneOf(...serviceStatuses)),
      reason: text,
      isFlapping: flag,
      checkMs: or(number),
      isHeartbeat: flag,
      details: {
        type: 'object',
        properties: {
          address: or(text),
          version: or(text),
          run: or(run),
          source: oneOf('discovery', 'list', 'lifecycle', 'beside'),
          isGone: flag,
          crawler: text,
        },
      },
    },
    ['isHeartbeat'],
  ),
  trigger: object('ServiceTrigger', {
    timestampMs: number,
    service: text,
    instance: or(text),
    trigger: text,
    count: number,
    via: oneOf('call', 'log', 'http'),
    attributes: texts,
  }),
  crash: object('ServiceCrash', {
    timestampMs: number,
    service: text,
    instance: text,
    kind: oneOf('exit', 'heartbeat', 'restart'),
    pid: or(number),
    exitCode: or(number),
    signal: or(text),
    uptimeMs: or(number),
    restarts: or(number),
    lastLines: { type: 'array', items: text },
    startedMs: or(number),
    returned: number,
    id: text,
  }),
  notification: object('Notification', {
    timestampMs: number,
    id: text,
    service: text,
    severity: oneOf('info', 'warning', 'critical'),
    title: text,
    text,
    link: or(text),
    traceId: or(text),
    labels: texts,
  }),
  process: object('ProcessState', {
    timestampMs: number,
    service: text,
    instance: text,
    pid: or(number),
    cpuPercent: or(number),
    residentBytes: or(number),
    heapBytes: or(number),
    openFiles: or(number),
    restarts: or(number),
    uptimeMs: or(number),
    eventLoopDelayMs: or(number),
  }),
  lifecycle: object('ServiceLifecycle', {
    timestampMs: number,
    service: text,
    instance: or(text),
    event: oneOf('start', 'ready', 'exit'),
    pid: or(number),
    host: text,
    restarts: number,
    exitCode: or(number),
    signal: or(text),
    uptimeMs: or(number),
    isExpected: flag,
    lastLines: { type: 'array', items: text },
  }),
};

export const kindOfTopic: ReadonlyMap<string, MonitorKind> = new Map(
  (Object.keys(monitorTopics) as MonitorKind[]).map((kind) => [monitorTopics[kind], kind]),
);
