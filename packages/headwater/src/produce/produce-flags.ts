import type { CompressionName } from '@headwater/protocol';
import { connectionFlags, connectionUsage } from '../kafka-command/connect-kafka.ts';
import { registryUsage } from '../kafka-command/connect-registry.ts';
import { namedValues, parseCommandFlags, usageError, wholeNumber } from '../kafka-command/parse-command-flags.ts';

export const produceUsage = `headwater produce: lines become records of a topic of any Kafka

  headwater produce TOPIC [flags]       each line of the standard input is a record
  headwater produce TOPIC --file FILE   of a file
  headwater produce TOPIC --value TEXT  of the command line; may be given several times

The records:
  --key KEY                of all of them
  --key-separator TEXT     what stands before it in a line is the key: --key-separator :
  --tombstones             a line with a key and no value deletes the key
  --header NAME=VALUE      of all of them; may be given several times
  --partition N            default: by the key, as Kafka's clients do
  --format text            lines as they are, empty ones too (else they are left out)
  --format json            lines are checked to be JSON
  --format avro|json-schema|protobuf    lines are JSON, and encoded by the schema of --schema or --subject
  --format record          lines that headwater consume --format record wrote: with their keys, headers and times
  --keep-partitions        of --format record: into the partitions that they came from
  --schema FILE            registers it as TOPIC-value (or --subject) and encodes by it
  --subject NAME           encodes by the newest schema of it
                           (without any of these: by the newest schema of TOPIC-value where the registry has one, else text)
How they are sent:
  --rate N                 at most N records a second
  --acks all|1|0           who has to have them (default all, and then nothing is written twice)
  --compression NAME       gzip, snappy, lz4 or zstd
  --quiet                  nothing is said about it; --json says it for scripts

${registryUsage}
${connectionUsage}`;

export const schemaFormats = { avro: 'AVRO', 'json-schema': 'JSON', protobuf: 'PROTOBUF' } as const;
export type ProduceFormat = 'auto' | 'text' | 'json' | 'record' | keyof typeof schemaFormats;

export interface ProduceFlags {
  readonly topic: string;
  readonly file?: string;
  readonly values?: readonly string[];
  readonly key?: string;
  readonly keySeparator?: string;
  readonly isTombstones: boolean;
  readonly headers: readonly { key: string; value: string }[];
  readonly partition?: number;
  readonly format: ProduceFormat;
  readonly isKeepingPartitions: boolean;
  readonly schema?: string;
  readonly subject?: string;
  /** Infinite: as fast as it goes. */
  readonly rate: number;
  readonly acks: -1 | 0 | 1;
  readonly compression: CompressionName;
  readonly isQuiet: boolean;
  readonly isJson: boolean;
  readonly registry?: string;
  readonly connection: { kafka?: string | undefined; 'command-config'?: string | undefined };
}

const command = 'produce';
const acksOf: Record<string, -1 | 0 | 1> = { all: -1, '-1': -1, '1': 1, '0': 0 };
const compressions: readonly string[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
const formats: readonly string[] = ['text', 'json', 'record', ...Object.keys(schemaFormats)];

/** Parses the flags of `produce`; `help` when that is asked for. Throws HW_CLI_USAGE. */
export function parseProduceFlags(args: readonly string[]): ProduceFlags | 'help' {
  const { values, positionals } = parseCommandFlags(command, args, {
    ...connectionFlags,
    registry: { type: 'string' },
    file: { type: 'string' },
    value: { type: 'string', multiple: true },
    key: { type: 'string' },
    'key-separator': { type: 'string' },
    tombstones: { type: 'boolean' },
    header: { type: 'string', multiple: true },
    partition: { type: 'string' },
    format: { type: 'string' },
    'keep-partitions': { type: 'boolean' },
    schema: { type: 'string' },
    subject: { type: 'string' },
    rate: { type: 'string' },
    acks: { type: 'string' },
    compression: { type: 'string' },
    quiet: { type: 'boolean' },
  });
  if (values.help === true) return 'help';
  const [topic, ...more] = positionals;
  if (topic === undefined) throw usageError(command, 'which topic? headwater topics list shows them');
  if (more.length > 0)
    throw usageError(command, `it takes one topic ("${more[0]}" is a second name): a text to send is --value TEXT`);
  const { acks = 'all', compression = 'none', key } = values;
  const separator = values['key-separator'];
  if (!Object.hasOwn(acksOf, acks)) throw usageError(command, `--acks is all, 1 or 0, not "${acks}"`);
  if (!compressions.includes(compression))
    throw usageError(command, `--compression is ${compressions.join(', ')}, not "${compression}"`);
  const format = values.format ?? (values.schema === undefined ? 'auto' : formatOfFile(values.schema));
  if (format !== 'auto' && !formats.includes(format))
    throw usageError(command, `--format is ${formats.join(', ')}, not "${format}"`);
  if (key !== undefined && separator !== undefined)
    throw usageError(command, '--key is the key of all, --key-separator finds one in each line: give one of the two');
  if (separator === '') throw usageError(command, '--key-separator needs a text');
  if (values.file !== undefined && values.value !== undefined)
    throw usageError(command, '--file and --value are two sources: give one');
  if (values.schema !== undefined && !Object.hasOwn(schemaFormats, format))
    throw usageError(command, `--schema is for --format avro, json-schema and protobuf, not ${format}`);
  const partition = wholeNumber(command, 'partition', values.partition);
  return {
    topic,
    ...(values.file !== undefined && { file: values.file }),
    ...(values.value !== undefined && { values: values.value }),
    ...(key !== undefined && { key }),
    ...(separator !== undefined && { keySeparator: separator }),
    isTombstones: values.tombstones === true,
    headers: Object.entries(namedValues(command, 'header', values.header)).map(([name, value]) => ({
      key: name,
      value,
    })),
    ...(partition !== undefined && { partition }),
    format: format as ProduceFormat,
    isKeepingPartitions: values['keep-partitions'] === true,
    ...(values.schema !== undefined && { schema: values.schema }),
    ...(values.subject !== undefined && { subject: values.subject }),
    rate: wholeNumber(command, 'rate', values.rate, 1) ?? Number.POSITIVE_INFINITY,
    acks: acksOf[acks]!,
    compression: compression as CompressionName,
    isQuiet: values.quiet === true,
    isJson: values.json === true,
    ...(values.registry !== undefined && { registry: values.registry }),
    connection: values,
  };
}

function formatOfFile(file: string): ProduceFormat {
  if (file.endsWith('.proto')) return 'protobuf';
  return file.endsWith('.json') ? 'json-schema' : 'avro';
}
