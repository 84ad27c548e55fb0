import { createHash } from 'node:crypto';
import { fieldPath, isObject, type Source, setKey, type Value } from '../ingest-document.ts';
import { PipelineError } from '../pipeline-error.ts';
import { fieldValue, type ProcessorFactory, textOf, valueError } from './processor.ts';
import { bounded, regexOf, splitText } from './text-processors.ts';

export const json: ProcessorFactory = (config) => {
  const field = config.path('field');
  const isRoot = config.boolean('add_to_root', false);
  if (isRoot && config.has('target_field'))
    throw config.error('target_field', 'Cannot set a target field while also setting `add_to_root` to true');
  const target = config.path('target_field', field.text);
  const strategy = config.text('add_to_root_conflict_strategy', 'replace');
  if (strategy !== 'replace' && strategy !== 'merge')
    throw config.error(
      'add_to_root_conflict_strategy',
      `conflict strategy [${strategy}] not supported, cannot convert field.`,
    );
  const allowsDuplicates = config.boolean('allow_duplicate_keys', true);
  if (!allowsDuplicates)
    throw config.notServed('allow_duplicate_keys', 'only [true] is served: the last of the same keys is taken');
  return (document) => {
    const value = document.require(field);
    const parsed = typeof value === 'string' ? parseJson(value, field.text) : value;
    if (!isRoot) {
      document.set(target, parsed);
      return;
    }
    if (!isObject(parsed)) throw valueError('cannot add non-map fields to root of document', field);
    if (strategy === 'merge') merge(document.source, parsed);
    else for (const key of Object.keys(parsed)) setKey(document.source, key, parsed[key]);
  };
};

function merge(into: Source, from: Source): void {
  for (const key of Object.keys(from)) {
    const before = Object.hasOwn(into, key) ? into[key] : undefined;
    if (isObject(before) && isObject(from[key])) merge(before, from[key] as Source);
    else setKey(into, key, from[key]);
  }
}

function parseJson(text: string, field: string): Value {
  try {
    return JSON.parse(text, (_key, value: Value, context?: { source?: string }) => {
      // Whole numbers beyond 2^53 keep their digits.
      const source = context?.source;
      return typeof value === 'number' &&
        !Number.isSafeInteger(value) &&
        source !== undefined &&
        /^-?\d{1,19}$/.test(source)
        ? BigInt(source)
        : value;
    });
  } catch (error) {
    throw new PipelineError(
      'HW_PIPELINE_VALUE',
      `field [${field}] is no JSON: ${(error as Error).message.slice(0, 200)}`,
      { field, cause: error },
    );
  }
}

export const kv: ProcessorFactory = (config) => {
  const field = config.path('field');
  const fieldSplit = regexOf(config.text('field_split'));
  const valueSplit = regexOf(config.text('value_split'));
  const target = config.has('target_field') ? config.text('target_field') : null;
  const only = config.texts('include_keys');
  const without = config.texts('exclude_keys');
  const ignoresMissing = config.boolean('ignore_missing', false);
  const prefix = config.text('prefix', '');
  const trimKey = config.text('trim_key', '');
  const trimValue = config.text('trim_value', '');
  const isStripped = config.boolean('strip_brackets', false);
  const cut = (text: string, chars: string): string => {
    let [start, end] = [0, text.length];
    while (start < end && chars.includes(text[start]!)) start++;
    while (end > start && chars.includes(text[end - 1]!)) end--;
    return text.slice(start, end);
  };
  return (document) => {
    const text = textOf(document, field, ignoresMissing);
    if (text === null) return;
    for (const part of bounded(() => splitText(text, fieldSplit, false))) {
      const match = bounded(() => valueSplit.find(part));
      if (match === null)
        throw valueError(`field [${field.text}] does not contain value_split [${valueSplit.source}]`, field);
      const key = cut(part.slice(0, match.start), trimKey);
      if ((only !== undefined && !only.includes(key)) || without?.includes(key) === true) continue;
      let value = cut(part.slice(match.end), trimValue);
      if (isStripped) value = value.replace(/^(?:\((.*)\)|<(.*)>|\[(.*)\]|"(.*)"|'(.*)')$/s, '$1$2$3$4$5');
      document.append(fieldPath(`${target === null ? '' : `${target}.`}${prefix}${key}`), [value], true);
      const path = fieldPath(`${target === null ? '' : `${target}.`}${prefix}${key}`);
      const list = document.get(path);
      if (Array.isArray(list) && list.length === 1) document.set(path, list[0]);
    }
  };
};

export const csv: ProcessorFactory = (config) => {
  const field = config.path('field');
  const targets = config.texts('target_fields');
  if (targets === undefined || targets.length === 0)
    throw config.error('target_fields', 'required property is missing');
  const paths = targets.map(fieldPath);
  const separator = config.text('separator', ',');
  const quote = config.text('quote', '"');
  if (separator.length !== 1) throw config.error('separator', 'separator has to be a single character');
  if (quote.length !== 1) throw config.error('quote', 'quote has to be a single character');
  const isTrimmed = config.boolean('trim', false);
  const ignoresMissing = config.boolean('ignore_missing', false);
  const empty = config.raw('empty_value');
  return (document) => {
    const text = textOf(document, field, ignoresMissing);
    if (text === null || text === '') return;
    const values = readCsv(text, separator, quote, isTrimmed, (message) => valueError(message, field));
    for (let i = 0; i < paths.length && i < values.length; i++) {
      const value = values[i]!;
      if (value !== '') document.set(paths[i]!, value);
      else if (empty !== undefined) document.set(paths[i]!, empty);
    }
  };
};

function readCsv(
  text: string,
  separator: string,
  quote: string,
  isTrimmed: boolean,
  bad: (message: string) => PipelineError,
): string[] {
  const out: string[] = [];
  let at = 0;
  for (;;) {
    if (isTrimmed) while (text[at] === ' ' || text[at] === '\t') at++;
    // A separator at the end has nothing behind it.
    if (at >= text.length && out.length > 0) return out;
    let value = '';
    if (text[at] === quote) {
      at++;
      for (;;) {
        const close = text.indexOf(quote, at);
        if (close === -1) throw bad('Illegal character inside unquoted field, or a quote without its end');
        value += text.slice(at, close);
        at = close + 1;
        if (text[at] !== quote) break;
        value += quote;
        at++;
      }
      if (isTrimmed) while (text[at] === ' ' || text[at] === '\t') at++;
      if (at < text.length && text[at] !== separator) throw bad(`character '${text[at]}' after quoted field at ${at}`);
    } else {
      const stop = text.indexOf(separator, at);
      value = text.slice(at, stop === -1 ? undefined : stop);
      if (isTrimmed) value = value.trim();
      if (value.includes(quote)) throw bad(`Illegal character inside unquoted field at ${at + value.indexOf(quote)}`);
      at = stop === -1 ? text.length : stop;
    }
    out.push(value);
    if (at >= text.length) return out;
    at++;
  }
}

const elementKey = fieldPath('_ingest._key');
const elementValue = fieldPath('_ingest._value');

export const foreach: ProcessorFactory = (config, context) => {
  const field = config.path('field');
  const ignoresMissing = config.boolean('ignore_missing', false);
  const run = context.processor(config.requireRaw('processor'));
  return (document) => {
    const value = fieldValue(document, field, ignoresMissing);
    if (value === null) return;
    if (!Array.isArray(value) && !isObject(value))
      throw valueError(`field [${field.text}] is neither a list nor a map: foreach has nothing to go through`, field);
    const before = { key: document.ingest['_key'], value: document.ingest['_value'] };
    const once = (key: string | undefined, element: Value): Value => {
      if (key !== undefined) document.set(elementKey, key);
      document.set(elementValue, element);
      run(document);
      return document.get(elementValue);
    };
    try {
      if (Array.isArray(value)) {
        const out: Value[] = [];
        for (const one of value) out.push(once(undefined, one));
        document.set(field, out);
      } else {
        const out: Source = {};
        for (const key of Object.keys(value)) {
          const made = once(key, value[key]);
          setKey(out, String(document.get(elementKey) ?? key), made);
        }
        document.set(field, out);
      }
    } finally {
      restore(document.ingest, '_key', before.key);
      restore(document.ingest, '_value', before.value);
    }
  };
};

function restore(ingest: Source, key: string, value: Value): void {
  if (value === undefined) delete ingest[key];
  else ingest[key] = value;
}

export const pipeline: ProcessorFactory = (config, context) => {
  const name = config.template('name');
  const ignoresMissing = config.boolean('ignore_missing_pipeline', false);
  return (document) => {
    const id = name.render(document);
    const run = context.pipeline(id);
    if (run !== undefined) return run(document);
    if (ignoresMissing) return;
    throw new PipelineError('HW_PIPELINE_FIELD', `Pipeline processor configured for non-existent pipeline [${id}]`, {
      field: 'name',
    });
  };
};

const methods: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA3-256': 'sha3-256',
  'SHA-512': 'sha512',
};

/** `fingerprint`: a hash of fields; its value is this store's own (the real one's is not documented). */
export const fingerprint: ProcessorFactory = (config) => {
  const names = config.texts('fields');
  const all = config.boolean('include_all_fields', false);
  const without = config.texts('exclude_fields');
  if (names === undefined && !all && without === undefined)
    throw config.error('fields', 'required property is missing');
  const target = config.path('target_field', 'fingerprint');
  const method = config.text('hash_method', config.text('method', 'SHA-1')).replace(/@\d.*$/, '');
  const algorithm = methods[method];
  if (algorithm === undefined)
    throw config.error('hash_method', `hash method [${method}] is not one of [${Object.keys(methods).join(', ')}]`);
  const salt = config.text('salt', '');
  const ignoresMissing = config.boolean('ignore_missing', false);
  return (document) => {
    const hash = createHash(algorithm).update(salt);
    const chosen = names ?? Object.keys(document.source).filter((name) => without?.includes(name) !== true);
    for (const name of [...new Set(chosen)].sort()) {
      const value = fieldValue(document, fieldPath(name), ignoresMissing);
      if (value !== null) hash.update(`|${name}|${canonical(value)}`);
    }
    document.set(target, hash.digest('base64'));
  };
};

function canonical(value: Value): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (isObject(value))
    return `{${Object.keys(value)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`)
      .join(',')}}`;
  return typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? 'null');
}
