/** One instance of the application under test, as a process: its options as JSON in the first argument. SIGTERM closes it. */
import { silentLogger } from '@headwater/logger';
import {
  type Guarantee,
  Streams,
  StreamsBuilder,
  serdes,
  type Topology,
  timeWindowedSerde,
  tumbling,
} from '../../index.ts';

export interface InstanceOptions {
  bootstrap: string;
  applicationId: string;
  guarantee: Guarantee;
  groupInstanceId?: string;
  commitIntervalMs: number;
  sessionTimeoutMs: number;
  standbys: number;
  stateDir?: string;
  /** Bytes that each joined record is made longer by. */
  paddingBytes: number;
}

export const windowMs = 10_000;

export function topicsOf(applicationId: string) {
  const names = ['events', 'users', 'counts', 'windows', 'joined'] as const;
  return Object.fromEntries(names.map((name) => [name, `${applicationId}-in-out-${name}`])) as Record<
    (typeof names)[number],
    string
  >;
}

/** The word of an event `id:word:user`. */
const wordOf = (event: string) => event.split(':')[1]!;

/** A count by a new key (so over a topic of its own), the same in windows, and each event joined with its user. */
export function killTopology(applicationId: string, paddingBytes: number): Topology {
  const { long, string } = serdes;
  const topics = topicsOf(applicationId);
  const padding = '.'.repeat(paddingBytes);
  const builder = new StreamsBuilder();
  const events = builder.stream<string, string>(topics.events, { key: string, value: string });
  const users = builder.table<string, string>(topics.users, { key: string, value: string });
  const words = events.groupBy(wordOf, { key: string, value: string });
  words.count({ store: 'counts' }).toStream().to(topics.counts, { key: string, value: long });
  words
    .windowedBy(tumbling(windowMs, { graceMs: 86_400_000 }))
    .count({ store: 'windows' })
    .toStream()
    .to(topics.windows, { key: timeWindowedSerde(string, windowMs), value: long });
  events
    .join(users, (event, user) => `${event.split(':')[0]}:${user}:${padding}`)
    .to(topics.joined, { key: string, value: string });
  return builder.build();
}

/** Warnings and errors, to stderr; to stdout, too, when a checkpoint is not used. */
function tell(fields: unknown, message?: string): void {
  const { error, ...rest } = fields as { error?: unknown };
  if (message?.startsWith('a checkpoint is not used')) process.stdout.write(`${JSON.stringify(rest)}\n`);
  process.stderr.write(`${new Date().toISOString()} ${message} ${JSON.stringify(rest)} ${String(error ?? '')}\n`);
}

/** How stores were filled, a JSON object a line of stdout. */
function tellRestored(fields: unknown, message?: string): void {
  if (message?.startsWith('a store was restored')) process.stdout.write(`${JSON.stringify(fields)}\n`);
}

if (import.meta.main) {
  const options = JSON.parse(process.argv[2]!) as InstanceOptions;
  const { applicationId, bootstrap, paddingBytes, ...rest } = options;
  const streams = new Streams({
    applicationId,
    kafka: { bootstrap, connectTimeoutMs: 2_000, requestTimeoutMs: 10_000 },
    ...rest,
    heartbeatIntervalMs: 300,
    transactionTimeoutMs: 3_000,
    logger: { ...silentLogger, info: tellRestored, warn: tell, error: tell },
    onFailed: (error) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(3);
    },
  });
  streams.add(killTopology(applicationId, paddingBytes));
  process.on('SIGTERM', () => void streams.close().then(() => process.exit(0)));
  process.on('unhandledRejection', (error) => {
    process.stderr.write(`unhandled: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(4);
  });
  await streams.start().catch(() => {});
  process.stdout.write('running\n');
}
