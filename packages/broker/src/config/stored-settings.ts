import { ErrorCode } from '@headwater/protocol';
import type { DurableValues } from '../storage/index.ts';
import { Refusal } from '../topics/topic-admin.ts';

const settingsMax = 1_000;
const valueLengthMax = 32_768;

export type Settings = Readonly<Record<string, string>>;

/**
 * Settings that are kept with the store's metadata, of one thing each: `config/broker/1`, `config/client-metrics/NAME`. On the disk
 * when the store's `flushMetadata()` resolves.
 */
export function storedSettings(values: DurableValues, key: string): Settings {
  const text = values.get(key);
  // Pairs, not an object: see the metadata journal.
  return text === undefined ? {} : Object.fromEntries(JSON.parse(text) as [string, string][]);
}

/** @throws Refusal POLICY_VIOLATION, StorageError KAFKA_STORAGE_ERROR */
export function storeSettings(values: DurableValues, key: string, settings: Settings): void {
  const pairs = Object.entries(settings);
  if (pairs.length > settingsMax) {
    throw new Refusal(
      ErrorCode.POLICY_VIOLATION,
      `There would be ${pairs.length} settings; ${settingsMax} are allowed.`,
    );
  }
  for (const [name, value] of pairs) {
    if (name.length + value.length <= valueLengthMax) continue;
    const message = `A setting may have ${valueLengthMax} characters; ${name.slice(0, 100)} would have ${value.length}.`;
    throw new Refusal(ErrorCode.POLICY_VIOLATION, message);
  }
  values.set(key, pairs.length === 0 ? undefined : JSON.stringify(pairs));
}
