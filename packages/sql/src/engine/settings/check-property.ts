import { statementError } from '../../analyzer/statement-error.ts';
import { ksqlProperties, type PropertyKind, streamsProperties } from './property-names.ts';

/** What is the server's, or gets at its files and connections: no request may set it. */
const prohibited = new RegExp(
  `^(?:ksql\\.streams\\.)?(?:(?:main\\.|restore\\.|global\\.)?(?:consumer|producer|admin)\\.)?(?:${[
    'bootstrap\\.servers',
    'ssl\\.',
    'sasl\\.',
    'security\\.',
    'config\\.providers',
    'application\\.',
    'state\\.dir',
    'listeners',
    'headwater\\.assert\\.',
    'ksql\\.service\\.id',
    'ksql\\.schema\\.registry',
    'ksql\\.connect\\.',
    'ksql\\.extension\\.dir',
    'ksql\\.query\\.persistent\\.active\\.limit',
    'ksql\\.pull\\.queries\\.enable',
    'ksql\\.hidden\\.topics',
    'ksql\\.readonly\\.topics',
    'ksql\\.source\\.table\\.materialization\\.enabled',
    'ksql\\.headers\\.columns\\.enabled',
  ].join('|')})`,
);

const kinds = new Map<string, PropertyKind>([...namesOf(streamsProperties, ''), ...namesOf(ksqlProperties, 'ksql.')]);

/** The texts that a property may have, of those that have any effect here. */
const choices = new Map([
  ['headwater.dialect', ['extended', 'ksqldb']],
  ['auto.offset.reset', ['latest', 'earliest', 'none']],
  ['processing.guarantee', ['at_least_once', 'exactly_once_v2', 'exactly_once', 'exactly_once_beta']],
]);

const bounds: Partial<Record<PropertyKind, bigint>> = { short: 2n ** 15n, integer: 2n ** 31n, long: 2n ** 63n };

function* namesOf(table: typeof streamsProperties, prefix: string): Generator<[string, PropertyKind]> {
  for (const [kind, names] of table) for (const name of names.trim().split(/\s+/)) yield [prefix + name, kind];
}

/** Whether a request may say what the property is. */
export function isPropertyProhibited(name: string): boolean {
  return prohibited.test(name);
}

/** @throws SqlError for a name that neither ksqlDB nor Kafka knows */
export function checkPropertyKnown(name: string): void {
  if (kindOf(name) !== undefined || /^(?:ksql\.functions|headwater)\./.test(name)) return;
  if (/^(?:ksql\.streams\.)?topic\.[a-z.]+$/.test(name) || isPropertyProhibited(name)) return;
  throw statementError(`Unknown property: ${name}`);
}

/** @throws SqlError where SET may not say it, or not this value */
export function checkProperty(name: string, value: string): void {
  checkPropertyKnown(name);
  if (isPropertyProhibited(name)) throw statementError(`Cannot override property '${name}'`);
  const fault = valueFault(name, value);
  if (fault !== null) throw statementError(`Invalid value ${value} for configuration ${plainName(name)}: ${fault}`);
}

function valueFault(name: string, value: string): string | null {
  const kind = kindOf(name);
  if (kind === 'boolean' && !/^(?:true|false)$/i.test(value.trim())) return 'Expected value to be either true or false';
  if (kind === 'double' && !Number.isFinite(Number(value))) return 'Not a number of type DOUBLE';
  const bound = kind === undefined ? undefined : bounds[kind];
  if (bound !== undefined && !isWithin(value.trim(), bound))
    return `Not a number of type ${kind === 'integer' ? 'INT' : kind!.toUpperCase()}`;
  const allowed = choices.get(plainName(name));
  if (allowed !== undefined && !allowed.includes(value.toLowerCase()))
    return `String must be one of: ${allowed.join(', ')}`;
  if (plainName(name) === 'auto.offset.reset' && value.toLowerCase() === 'none')
    return "'none' is not valid for this property within KSQL";
  return null;
}

function isWithin(text: string, bound: bigint): boolean {
  if (!/^[+-]?\d{1,19}$/.test(text)) return false;
  const value = BigInt(text.replace('+', ''));
  return value >= -bound && value < bound;
}

function kindOf(name: string): PropertyKind | undefined {
  return kinds.get(name) ?? kinds.get(plainName(name));
}

/** Without what ksqlDB and Kafka Streams put before the settings of their clients. */
function plainName(name: string): string {
  return name
    .replace(/^ksql\.streams\./, '')
    .replace(/^(?:(?:main\.|restore\.|global\.)?consumer|producer|admin)\./, '');
}
