import { date } from './date-processor.ts';
import { dissect } from './dissect-processor.ts';
import { append, convert, copy, dotExpander, drop, fail, remove, rename, set, sort } from './field-processors.ts';
import { grok } from './grok-processor.ts';
import type { ProcessorFactory } from './processor.ts';
import { csv, fingerprint, foreach, json, kv, pipeline } from './structure-processors.ts';
import { bytes, gsub, htmlStrip, join, lowercase, split, trim, uppercase, urldecode } from './text-processors.ts';

export const processorTypes: Readonly<Record<string, ProcessorFactory>> = {
  append,
  bytes,
  convert,
  copy,
  csv,
  date,
  dissect,
  dot_expander: dotExpander,
  drop,
  fail,
  fingerprint,
  foreach,
  grok,
  gsub,
  html_strip: htmlStrip,
  join,
  json,
  kv,
  lowercase,
  pipeline,
  remove,
  rename,
  set,
  sort,
  split,
  trim,
  uppercase,
  urldecode,
};

/** Processors of the real systems that are refused, and why. */
export const refusedTypes: Readonly<Record<string, string>> = {
  script: 'scripts are not served: use set, convert, gsub and conditions, or a consumer of the topic',
  user_agent: 'no list of user agents comes with it: grok the field, or keep it as it is',
  geoip: 'no table of addresses comes with it (its licence does not allow that)',
  ip2geo: 'no table of addresses comes with it',
  attachment: 'documents of office programs are not read',
  circle: 'shapes are not served by the store',
  community_id: 'it is not served',
  date_index_name: 'write to the index by its name, or set _index',
  enrich: 'there are no enrich policies: join in SQL before the store',
  inference: 'there are no models',
  network_direction: 'it is not served',
  registered_domain: 'no list of public suffixes comes with it',
  remove_by_pattern: 'name the fields in remove, or those to keep in exclude_field',
  reroute: 'set _index instead',
  uri_parts: 'grok the field with %{URI}',
};
