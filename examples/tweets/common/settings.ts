import { parseBootstrap } from '@headwater/client';
import { TweetsError } from './tweets-error.ts';

/** Where a service gets everything it knows from: `process.env`, or what the composition hands it. */
export type Environment = Readonly<Record<string, string | undefined>>;

export function text(env: Environment, name: string, fallback: string): string {
  const value = env[name]?.trim();
  return value === undefined || value === '' ? fallback : value;
}

/** A comma-separated list. */
export function list(env: Environment, name: string, fallback: readonly string[]): string[] {
  const entries = text(env, name, '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  return entries.length > 0 ? entries : [...fallback];
}

export function decimal(env: Environment, name: string, fallback: number, min: number, max: number): number {
  const value = text(env, name, '');
  if (value === '') return fallback;
  const number = Number(value);
  if (Number.isNaN(number) || number < min || number > max) {
    throw new TweetsError('HW_TWEETS_CONFIG', `${name} is "${value}": give a number from ${min} to ${max}`);
  }
  return number;
}

export function integer(env: Environment, name: string, fallback: number, min: number, max: number): number {
  const number = decimal(env, name, fallback, min, max);
  if (!Number.isInteger(number)) {
    throw new TweetsError('HW_TWEETS_CONFIG', `${name} is "${env[name]}": give a whole number from ${min} to ${max}`);
  }
  return number;
}

export function choice<const T extends string>(
  env: Environment,
  name: string,
  values: readonly T[],
  fallback: NoInfer<T>,
): T {
  const value = text(env, name, fallback);
  const found = values.find((candidate) => candidate === value);
  if (found === undefined) {
    throw new TweetsError('HW_TWEETS_CONFIG', `${name} is "${value}": give one of ${values.join(', ')}`);
  }
  return found;
}

export function httpUrl(env: Environment, name: string, fallback: string): string {
  const value = text(env, name, fallback);
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) {
    throw new TweetsError('HW_TWEETS_CONFIG', `${name} is "${value}": give an address such as ${fallback}`);
  }
  return value.replace(/\/+$/, '');
}

export function registryUrl(env: Environment): string {
  return httpUrl(env, 'HEADWATER_REGISTRY_URL', 'http://127.0.0.1:8081');
}

/** Where Kafka is, and how it wants to be spoken to. */
export interface KafkaAddress {
  /** As it was given. */
  bootstrap: string;
}

/** `host:port`, several with commas; or a URL that brings TLS and a login: `kafka+ssl://user:password@host:port`. */
export function kafkaAddress(env: Environment): KafkaAddress {
  const bootstrap = text(env, 'HEADWATER_KAFKA_URL', '127.0.0.1:9092');
  try {
    parseBootstrap(bootstrap);
  } catch (error) {
    const reason = (error as Error).message.replace(/^bootstrap: /, '');
    throw new TweetsError('HW_TWEETS_CONFIG', `HEADWATER_KAFKA_URL: ${reason}; give host:port, such as 127.0.0.1:9092`);
  }
  return { bootstrap };
}
