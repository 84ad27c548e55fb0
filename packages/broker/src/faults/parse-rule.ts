import { type ApiKey, apis, ErrorCode } from '@headwater/protocol';
import { BrokerError } from '../broker-error.ts';
import { hasErrorPlace } from './error-answers.ts';
import type { FaultRule } from './fault-rule.ts';

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string' && value !== '';
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isMs: Check = (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const oneOf =
  (...values: unknown[]): Check =>
  (value) =>
    values.includes(value);

interface Field {
  isRight: Check;
  /** What it must be, for the message. */
  takes: string;
  isNeeded?: true;
}

const text: Field = { isRight: isText, takes: 'a text' };
const count: Field = { isRight: isCount, takes: 'a whole number from 0 up' };
const ms: Field = { isRight: isMs, takes: 'milliseconds from 0 up' };
const choice = (...values: string[]): Field => ({ isRight: oneOf(...values), takes: values.join(', ') });

const limits: Record<string, Field> = {
  times: { isRight: (value) => isCount(value) && value !== 0, takes: 'a whole number from 1 up' },
  skip: count,
  probability: { isRight: (value) => isMs(value) && (value as number) <= 1, takes: 'a number from 0 to 1' },
  seed: count,
  forMs: ms,
};

const kinds: Record<FaultRule['kind'], Record<string, Field>> = {
  latency: { ms: { ...ms, isNeeded: true }, jitterMs: ms, when: choice('before', 'after') },
  disconnect: { when: choice('before', 'after', 'half') },
  error: {
    error: { isRight: (value) => errorCodeOf(value) !== undefined, takes: 'a Kafka error', isNeeded: true },
    message: text,
  },
  stall: {},
  storage: {
    error: { ...choice('ENOSPC', 'EIO', 'EMFILE'), isNeeded: true },
    operation: choice('read', 'write', 'sync'),
  },
  accept: { how: choice('hold', 'close') },
};

const partitionMatch: Record<string, Field> = { topic: text, partition: count };
const requestMatch: Record<string, Field> = {
  ...partitionMatch,
  api: { isRight: (value) => [value].flat().every((api) => apiKeyOf(api) !== undefined), takes: 'API names or keys' },
  clientId: text,
  groupId: text,
  transactionalId: text,
};

/** A rule from whoever wrote it, TypeScript or JSON. @throws BrokerError HW_BROKER_CONTROL, which says what is wrong and what is right */
export function parseRule(input: unknown): FaultRule {
  if (typeof input !== 'object' || input === null) throw wrong('A fault is an object with a `kind`.');
  const { kind, match, ...fields } = input as Record<string, unknown>;
  if (typeof kind !== 'string' || !Object.hasOwn(kinds, kind)) {
    throw wrong(`kind is ${show(kind)}; it takes ${Object.keys(kinds).join(', ')}.`);
  }
  check(`a fault of kind ${kind}`, { ...kinds[kind as FaultRule['kind']], ...limits }, fields);
  if (match !== undefined) {
    if (kind === 'accept')
      throw wrong('A fault of kind accept has no `match`: a new connection has not said anything yet.');
    if (typeof match !== 'object' || match === null) throw wrong('match is an object, such as { topic: "orders" }.');
    checkMatch(kind, match as Record<string, unknown>);
  }
  // A copy: what the caller does with his object later does not matter.
  return structuredClone(input) as FaultRule;
}

function checkMatch(kind: string, match: Record<string, unknown>): void {
  for (const api of [match['api'] ?? []].flat()) {
    if (apiKeyOf(api) === undefined) {
      const names = Object.values(apis).map((each) => each?.name);
      throw wrong(`There is no API ${show(api)}. Those there are: ${names.join(', ')}.`);
    }
    if (kind === 'error' && !hasErrorPlace(apiKeyOf(api)!)) {
      throw wrong(`An answer to ${show(api)} has no place for an error. Use a fault of kind disconnect or stall.`);
    }
  }
  check(`match of kind ${kind}`, kind === 'storage' ? partitionMatch : requestMatch, match);
  if (match['partition'] !== undefined && match['topic'] === undefined) {
    throw wrong('match has a partition and no topic: say which topic too ("*" is all).');
  }
}

function check(what: string, allowed: Record<string, Field>, given: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const field = Object.hasOwn(allowed, name) ? allowed[name] : undefined;
    if (field === undefined)
      throw wrong(`${name} is nothing that ${what} knows; it has ${Object.keys(allowed).join(', ')}.`);
    if (!field.isRight(value)) throw wrong(`${name} is ${show(value)}; it takes ${field.takes}.`);
  }
  for (const [name, { isNeeded, takes }] of Object.entries(allowed)) {
    if (isNeeded && given[name] === undefined) throw wrong(`${what} needs ${name}: ${takes}.`);
  }
}

/** Key of an API by its name or key. */
export function apiKeyOf(api: unknown): ApiKey | undefined {
  if (typeof api === 'number') return Object.hasOwn(apis, api) ? (api as ApiKey) : undefined;
  const found = Object.values(apis).find((each) => each?.name === api);
  return found?.key as ApiKey | undefined;
}

/** Number of a Kafka error by its name or number; not that of success. */
export function errorCodeOf(error: unknown): number | undefined {
  if (typeof error === 'string') {
    const code = Object.hasOwn(ErrorCode, error) ? ErrorCode[error as keyof typeof ErrorCode] : 0;
    return code === 0 ? undefined : code;
  }
  return Object.values(ErrorCode).some((code) => code === error && code !== 0) ? (error as number) : undefined;
}

function show(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value);
}

function wrong(message: string): BrokerError {
  return new BrokerError('HW_BROKER_CONTROL', message);
}
