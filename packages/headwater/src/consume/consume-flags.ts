import { connectionFlags, connectionUsage } from '../kafka-command/connect-kafka.ts';
import { registryUsage } from '../kafka-command/connect-registry.ts';
import { type Position, parsePosition, positionUsage } from '../kafka-command/log-position.ts';
import { parseCommandFlags, usageError, wholeNumber } from '../kafka-command/parse-command-flags.ts';

export const consumeUsage = `headwater consume: records of topics of any Kafka, as lines

  headwater consume TOPIC... [flags]    follows the topics; Ctrl-C ends it

What is read:
  --from WHERE             ${positionUsage}
                           (default: latest; earliest with --exit)
  --exit                   ends where the log ended when it was started
  --max N                  ends after N records
  --partition N            only this one; may be given several times
  --group NAME             as a member of this group: goes on where it is, shares with its other members, and commits what was
                           written; --from counts where the group has no offset yet
  --contains TEXT          only records whose key or value has it, as they are shown
  --key KEY                only records of this key
  --uncommitted            records of open and aborted transactions, too

How it is shown (a record a line; what a schema of the registry wrote is shown as JSON):
  --format json            key, value, headers, where and when (default)
  --format value           the value alone, as it is
  --format record          all of it, exactly, to be read by headwater produce --format record
  --template TEXT          of your own: '{topic} {partition} {offset} {time} {timestamp} {key} {value} {headers} {header.NAME}'
  --raw                    bytes as they are, no registry is asked
  --quiet                  nothing is said about it

${registryUsage}
${connectionUsage}`;

export type ConsumeFormat = 'json' | 'value' | 'record' | 'template';

export interface ConsumeFlags {
  readonly topics: readonly string[];
  readonly from: Position;
  readonly isEnding: boolean;
  readonly max: number;
  /** Undefined: all. */
  readonly partitions?: readonly number[];
  readonly group?: string;
  readonly contains?: string;
  readonly key?: string;
  readonly isUncommitted: boolean;
  readonly format: ConsumeFormat;
  readonly template: string;
  readonly isRaw: boolean;
  readonly isQuiet: boolean;
  readonly connection: { kafka?: string | undefined; 'command-config'?: string | undefined };
  readonly registry?: string;
}

const command = 'consume';
const formats: readonly string[] = ['json', 'value', 'record'];

/** Parses the flags of `consume`; `help` when that is asked for. Throws HW_CLI_USAGE. */
export function parseConsumeFlags(args: readonly string[], nowMs: number): ConsumeFlags | 'help' {
  const { values, positionals: topics } = parseCommandFlags(command, args, {
    ...connectionFlags,
    registry: { type: 'string' },
    from: { type: 'string' },
    exit: { type: 'boolean' },
    follow: { type: 'boolean' },
    max: { type: 'string' },
    partition: { type: 'string', multiple: true },
    group: { type: 'string' },
    contains: { type: 'string' },
    key: { type: 'string' },
    uncommitted: { type: 'boolean' },
    format: { type: 'string' },
    template: { type: 'string' },
    raw: { type: 'boolean' },
    quiet: { type: 'boolean' },
  });
  if (values.help === true) return 'help';
  if (topics.length === 0) throw usageError(command, 'which topic? headwater topics list shows them');
  const { format = 'json', template } = values;
  if (!formats.includes(format)) throw usageError(command, `--format is ${formats.join(', ')}, not "${format}"`);
  if (template !== undefined && values.format !== undefined)
    throw usageError(command, '--template is a format of its own: give one of the two');
  if (values.exit === true && values.follow === true)
    throw usageError(command, '--exit ends and --follow goes on: give one of the two');
  if (values.group === '') throw usageError(command, '--group needs a name');
  const partitions = values.partition?.map((text) => wholeNumber(command, 'partition', text)!);
  const isEnding = values.exit === true;
  return {
    topics: [...new Set(topics)],
    from: parsePosition(command, 'from', values.from ?? (isEnding ? 'earliest' : 'latest'), nowMs),
    isEnding,
    max: wholeNumber(command, 'max', values.max, 1) ?? Number.POSITIVE_INFINITY,
    ...(partitions !== undefined && { partitions: [...new Set(partitions)] }),
    ...(values.group !== undefined && { group: values.group }),
    ...(values.contains !== undefined && { contains: values.contains }),
    ...(values.key !== undefined && { key: values.key }),
    isUncommitted: values.uncommitted === true,
    format: template === undefined ? (format as ConsumeFormat) : 'template',
    template: template ?? '',
    isRaw: values.raw === true,
    isQuiet: values.quiet === true,
    connection: values,
    ...(values.registry !== undefined && { registry: values.registry }),
  };
}
