/** What the views of the monitor write (packages/monitor/views): tables of SQL, named as a user's would be. */
const monitorViews: ReadonlySet<string> = new Set([
  'ALERTS_NOW',
  'CRASH_PER_DAY',
  'CRASH_PER_HOUR',
  'CRASH_PER_MINUTE',
  'CRASH_PER_WEEK',
  'FLAPPING_APPS',
  'LAG_PER_MINUTE',
  'LOG_LINES_PER_MINUTE',
  'LOG_TEMPLATE_PER_HOUR',
  'NOTIFICATION_PER_DAY',
  'PROCESS_NOW',
  'ROUTE_PER_HOUR',
  'ROUTE_PER_MINUTE',
  'SERVICE_STATUS_NOW',
  'TRIGGER_NAMES_PER_DAY',
  'TRIGGER_PER_DAY',
  'TRIGGER_PER_HOUR',
  'TRIGGER_PER_MINUTE',
  'TRIGGER_PER_WEEK',
  'UNSTABLE_APPS',
]);

/**
 * Where the platform keeps what is its own: `__consumer_offsets`, `_schemas`, `headwater-logs`, what its monitor makes of
 * those, and the topics between the steps of an application of streams, ours or Kafka's.
 */
export const isHiddenTopic = (topic: string): boolean =>
  /^(?:_|headwater-)|-(?:changelog|repartition)$/.test(topic) || monitorViews.has(topic);
