import { EsError, illegalArgument, numberFormat } from '../errors.ts';
import { isJsonObject, type Json, JsonArray, JsonObject } from '../json/json-value.ts';
import { didYouMean, textOf } from '../query/dsl.ts';
import { parseTimeMs } from './units.ts';

type Kind = { type: 'integer'; min?: number; max?: number } | { type: 'boolean' } | { type: 'time' } | { type: 'text' };

interface Known {
  kind: Kind;
  isDynamic: boolean;
}

const integer = (min?: number, max?: number): Kind => ({
  type: 'integer',
  ...(min === undefined ? {} : { min }),
  ...(max === undefined ? {} : { max }),
});
const fixed = (kind: Kind): Known => ({ kind, isDynamic: false });
const dynamic = (kind: Kind): Known => ({ kind, isDynamic: true });
const flag: Kind = { type: 'boolean' };
const time: Kind = { type: 'time' };
const text: Kind = { type: 'text' };

/** Settings that are checked; what the store does with them is in its own code. */
const known: Record<string, Known> = {
  'index.number_of_shards': fixed(integer(1, 1024)),
  'index.number_of_replicas': dynamic(integer(0)),
  'index.number_of_routing_shards': fixed(integer(1)),
  'index.routing_partition_size': fixed(integer(1)),
  'index.refresh_interval': dynamic(time),
  'index.hidden': dynamic(flag),
  'index.auto_expand_replicas': dynamic(text),
  'index.max_result_window': dynamic(integer(1)),
  'index.max_inner_result_window': dynamic(integer(1)),
  'index.max_rescore_window': dynamic(integer(1)),
  'index.max_docvalue_fields_search': dynamic(integer(0)),
  'index.max_script_fields': dynamic(integer(0)),
  'index.max_ngram_diff': dynamic(integer(0)),
  'index.max_shingle_diff': dynamic(integer(0)),
  'index.max_terms_count': dynamic(integer(1)),
  'index.max_regex_length': dynamic(integer(1)),
  'index.max_refresh_listeners': dynamic(integer(0)),
  'index.max_slices_per_scroll': dynamic(integer(1)),
  'index.max_slices_per_pit': dynamic(integer(1)),
  'index.highlight.max_analyzed_offset': dynamic(integer(1)),
  'index.analyze.max_token_count': dynamic(integer(1)),
  'index.mapping.total_fields.limit': dynamic(integer(0)),
  'index.mapping.depth.limit': dynamic(integer(1)),
  'index.mapping.nested_fields.limit': dynamic(integer(0)),
  'index.mapping.nested_objects.limit': dynamic(integer(0)),
  'index.mapping.field_name_length.limit': dynamic(integer(1)),
  'index.mapping.coerce': fixed(flag),
  'index.mapping.ignore_malformed': fixed(flag),
  'index.query.default_field': dynamic(text),
  'index.query_string.lenient': fixed(flag),
  'index.blocks.read_only': dynamic(flag),
  'index.blocks.read_only_allow_delete': dynamic(flag),
  'index.blocks.read': dynamic(flag),
  'index.blocks.write': dynamic(flag),
  'index.blocks.metadata': dynamic(flag),
  'index.codec': fixed(text),
  'index.gc_deletes': dynamic(time),
  'index.default_pipeline': dynamic(text),
  'index.final_pipeline': dynamic(text),
  'index.priority': dynamic(integer(0)),
  'index.requests.cache.enable': dynamic(flag),
  'index.search.idle.after': dynamic(time),
  'index.search.throttled': dynamic(flag),
  'index.shard.check_on_startup': fixed(text),
  'index.soft_deletes.enabled': fixed(flag),
  'index.soft_deletes.retention_lease.period': dynamic(time),
  'index.translog.durability': dynamic(text),
  'index.translog.sync_interval': dynamic(time),
  'index.translog.flush_threshold_size': dynamic(text),
  'index.translog.retention.age': dynamic(time),
  'index.translog.retention.size': dynamic(text),
  'index.unassigned.node_left.delayed_timeout': dynamic(time),
  'index.write.wait_for_active_shards': dynamic(text),
  'index.warmer.enabled': dynamic(flag),
  'index.replication.type': fixed(text),
  'index.load_fixed_bitset_filters_eagerly': fixed(flag),
};

/** Families of settings that are kept and shown without being checked one by one. */
const families: { prefix: string; isDynamic: boolean }[] = [
  { prefix: 'index.analysis.', isDynamic: false },
  { prefix: 'index.similarity.', isDynamic: false },
  { prefix: 'index.sort.', isDynamic: false },
  { prefix: 'index.store.', isDynamic: false },
  { prefix: 'index.routing.', isDynamic: true },
  { prefix: 'index.merge.', isDynamic: true },
  { prefix: 'index.search.slowlog.', isDynamic: true },
  { prefix: 'index.indexing.slowlog.', isDynamic: true },
  { prefix: 'index.lifecycle.', isDynamic: true },
  { prefix: 'index.plugins.', isDynamic: true },
];

/** Set by the store itself. */
const privateNames = ['index.uuid', 'index.creation_date', 'index.provided_name', 'index.version.created'];

export type FlatSettings = Map<string, string | string[]>;

/** Settings of a request as flat names: `{"index":{"a":1}}`, `{"index.a":1}` and `{"a":1}` are the same. */
export function flattenSettings(value: Json): FlatSettings {
  const flat: FlatSettings = new Map();
  const walk = (item: Json, path: string): void => {
    if (isJsonObject(item)) for (const [key, inner] of item) walk(inner, path === '' ? key : `${path}.${key}`);
    else if (Array.isArray(item) && item.some((one) => isJsonObject(one))) {
      item.forEach((one, i) => {
        walk(one, `${path}.${i}`);
      });
    } else {
      const name = path.startsWith('index.') || path === 'index' ? path : `index.${path}`;
      flat.set(name, Array.isArray(item) ? item.map(textOf) : item === null ? nullText : textOf(item));
    }
  };
  walk(value, '');
  return flat;
}

/** Stands for `null`, which takes a setting away. */
export const nullText = '\u0000null';

/** Refuses what the store does not know or cannot take. */
export function checkSettings(
  flat: FlatSettings,
  isUpdate: boolean,
  indices: readonly { name: string; uuid: string }[] = [],
): void {
  const notDynamic: string[] = [];
  for (const [name, value] of flat) {
    if (name.includes('*') && value === nullText) continue;
    const setting = Object.hasOwn(known, name) ? known[name]! : null;
    const family = setting === null ? families.find(({ prefix }) => name.startsWith(prefix)) : null;
    if (privateNames.includes(name)) {
      throw illegalArgument(`private index setting [${name}] can not be ${isUpdate ? 'updated' : 'set explicitly'}`);
    }
    if (setting === null && family == null) {
      const guess = didYouMean(name, Object.keys(known));
      const hint =
        guess === ''
          ? ' please check that any required plugins are installed, or check the breaking changes documentation for removed settings'
          : guess;
      throw new EsError(400, 'settings_exception', `unknown setting [${name}]${hint}`);
    }
    if (setting !== null && value !== nullText) checkValue(name, value, setting.kind);
    if (isUpdate && !(setting?.isDynamic ?? family!.isDynamic)) notDynamic.push(name);
  }
  if (notDynamic.length > 0) {
    const names = notDynamic.map((name) => `[${name}]`).join(', ');
    const list = indices.map(({ name, uuid }) => `[${name}/${uuid}]`).join(', ');
    throw illegalArgument(`Can't update non dynamic settings [${names}] for open indices [${list}]`);
  }
}

function checkValue(name: string, value: string | string[], kind: Kind): void {
  const given = String(value);
  if (kind.type === 'integer') {
    const failed = `Failed to parse value [${given}] for setting [${name}]`;
    if (!/^[+-]?\d+(\.0+)?$/.test(given)) throw illegalArgument(failed, numberFormat(given));
    const number = Number(given);
    if (kind.min !== undefined && number < kind.min) throw illegalArgument(`${failed} must be >= ${kind.min}`);
    if (kind.max !== undefined && number > kind.max) throw illegalArgument(`${failed} must be <= ${kind.max}`);
  } else if (kind.type === 'boolean') {
    if (given !== 'true' && given !== 'false') {
      throw illegalArgument(`Failed to parse value [${given}] as only [true] or [false] are allowed.`);
    }
  } else if (kind.type === 'time') parseTimeMs(given, name);
}

/** Flat settings as nested objects, the way answers show them. */
export function nestSettings(flat: FlatSettings): JsonObject {
  const root = new JsonObject();
  for (const name of [...flat.keys()].sort()) {
    const parts = name.split('.');
    let at = root;
    for (const part of parts.slice(0, -1)) {
      let next = at.get(part);
      if (!isJsonObject(next ?? null)) {
        next = new JsonObject();
        at.set(part, next);
      }
      at = next as JsonObject;
    }
    const value = flat.get(name)!;
    at.set(parts.at(-1)!, Array.isArray(value) ? (JsonArray.from(value) as JsonArray) : value);
  }
  return root;
}

/** What `include_defaults` adds, and what the store uses where nothing is set. */
export const defaultSettings: FlatSettings = new Map<string, string | string[]>([
  ['index.refresh_interval', '1s'],
  ['index.max_result_window', '10000'],
  ['index.max_inner_result_window', '100'],
  ['index.max_rescore_window', '10000'],
  ['index.max_docvalue_fields_search', '100'],
  ['index.max_script_fields', '32'],
  ['index.max_terms_count', '65536'],
  ['index.max_regex_length', '1000'],
  ['index.highlight.max_analyzed_offset', '1000000'],
  ['index.analyze.max_token_count', '10000'],
  ['index.mapping.total_fields.limit', '1000'],
  ['index.mapping.depth.limit', '20'],
  ['index.mapping.nested_fields.limit', '50'],
  ['index.mapping.nested_objects.limit', '10000'],
  ['index.mapping.field_name_length.limit', '50000'],
  ['index.query.default_field', ['*']],
  ['index.query_string.lenient', 'false'],
  ['index.hidden', 'false'],
  ['index.translog.durability', 'REQUEST'],
  ['index.gc_deletes', '60s'],
  ['index.number_of_replicas', '1'],
  ['index.number_of_shards', '1'],
]);

/** Settings with the defaults behind them. */
export class IndexSettings {
  readonly flat: FlatSettings;

  constructor(flat: FlatSettings) {
    this.flat = flat;
  }

  text(name: string): string {
    return String(this.flat.get(name) ?? defaultSettings.get(name) ?? '');
  }

  list(name: string): string[] {
    const value = this.flat.get(name) ?? defaultSettings.get(name) ?? [];
    return Array.isArray(value) ? value : value.split(',').map((part) => part.trim());
  }

  integer(name: string): number {
    return Math.trunc(Number(this.text(name)));
  }

  boolean(name: string): boolean {
    return this.text(name) === 'true';
  }

  timeMs(name: string): number {
    return parseTimeMs(this.text(name), name);
  }

  /** Nested settings below a name, as plain objects. */
  section(prefix: string): Record<string, unknown> {
    // Names come from requests: `__proto__` is a name like any other here.
    const result = Object.create(null) as Record<string, unknown>;
    for (const [name, value] of this.flat) {
      if (!name.startsWith(`${prefix}.`)) continue;
      const parts = name.slice(prefix.length + 1).split('.');
      let at = result;
      for (const part of parts.slice(0, -1)) at = (at[part] ??= Object.create(null)) as Record<string, unknown>;
      at[parts.at(-1)!] = value;
    }
    return result;
  }
}
