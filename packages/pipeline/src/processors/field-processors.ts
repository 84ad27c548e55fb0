import { copyValue, fieldPath, isObject, setKey, type Value } from '../ingest-document.ts';
import { PipelineError } from '../pipeline-error.ts';
import { compileTemplate, compileValue } from '../template.ts';
import { fieldValue, type ProcessorFactory, valueError } from './processor.ts';

export const set: ProcessorFactory = (config) => {
  const field = config.template('field');
  const from = config.has('copy_from') ? config.path('copy_from') : undefined;
  if (from !== undefined && config.has('value'))
    throw config.error('copy_from', 'cannot set both `copy_from` and `value` in the same processor');
  const make = from === undefined ? compileValue(config.requireRaw('value')) : undefined;
  const overrides = config.boolean('override', true);
  const ignoresEmpty = config.boolean('ignore_empty_value', false);
  const media = config.text('media_type', null);
  if (media !== null && !['application/json', 'text/plain', 'application/x-www-form-urlencoded'].includes(media))
    throw config.error('media_type', `property does not contain a supported media type [${media}]`);
  return (document) => {
    const path = fieldPath(field.render(document));
    if (!overrides) {
      const before = document.get(path);
      if (before !== undefined && before !== null) return;
    }
    const value = from === undefined ? make!(document) : copyValue(document.require(from));
    if (ignoresEmpty && (value === null || value === '')) return;
    document.set(path, value);
  };
};

export const append: ProcessorFactory = (config) => {
  const field = config.template('field');
  const make = compileValue(config.requireRaw('value'));
  const allowsDuplicates = config.boolean('allow_duplicates', true);
  config.raw('media_type');
  return (document) => {
    const value = make(document);
    document.append(fieldPath(field.render(document)), Array.isArray(value) ? value : [value], allowsDuplicates);
  };
};

export const rename: ProcessorFactory = (config) => {
  const field = config.template('field');
  const target = config.template('target_field');
  const ignoresMissing = config.boolean('ignore_missing', false);
  const overrides = config.boolean('override_target', false);
  return (document) => {
    const path = fieldPath(field.render(document));
    if (!document.has(path)) {
      if (ignoresMissing) return;
      throw new PipelineError('HW_PIPELINE_FIELD', `field [${path.text}] doesn't exist`, { field: path.text });
    }
    const to = fieldPath(target.render(document));
    if (document.has(to) && !overrides)
      throw new PipelineError('HW_PIPELINE_FIELD', `field [${to.text}] already exists`, { field: to.text });
    const value = document.get(path);
    document.remove(path);
    try {
      document.set(to, value);
    } catch (error) {
      document.set(path, value);
      throw error;
    }
  };
};

export const copy: ProcessorFactory = (config) => {
  const field = config.template('source_field');
  const target = config.template('target_field');
  const ignoresMissing = config.boolean('ignore_missing', false);
  const removes = config.boolean('remove_source', false);
  const overrides = config.boolean('override_target', false);
  return (document) => {
    const path = fieldPath(field.render(document));
    if (!document.has(path) && ignoresMissing) return;
    const value = copyValue(document.require(path));
    const to = fieldPath(target.render(document));
    if (document.has(to) && !overrides)
      throw new PipelineError('HW_PIPELINE_FIELD', `target field [${to.text}] already exists`, { field: to.text });
    document.set(to, value);
    if (removes) document.remove(path);
  };
};

export const remove: ProcessorFactory = (config) => {
  const names = config.texts('field');
  const keep = config.texts('exclude_field') ?? config.texts('keep');
  if ((names === undefined) === (keep === undefined))
    throw config.error('field', 'required property is missing, or `exclude_field` is set as well');
  const ignoresMissing = config.boolean('ignore_missing', false);
  const fields = (names ?? []).map((name) => compileTemplate(name));
  const kept = new Set((keep ?? []).map((name) => name.split('.')[0]!));
  return (document) => {
    for (const field of fields) {
      const path = fieldPath(field.render(document));
      if (path.text === '_index' || path.text === '_version')
        throw new PipelineError('HW_PIPELINE_FIELD', `cannot remove metadata field [${path.text}]`, {
          field: path.text,
        });
      if (ignoresMissing && !document.has(path)) continue;
      document.remove(path);
    }
    if (keep !== undefined)
      for (const name of Object.keys(document.source)) if (!kept.has(name)) delete document.source[name];
  };
};

export const drop: ProcessorFactory = () => () => false;

export const fail: ProcessorFactory = (config) => {
  const message = config.template('message');
  return (document) => {
    throw new PipelineError('HW_PIPELINE_FAILED', message.render(document));
  };
};

export const sort: ProcessorFactory = (config) => {
  const field = config.path('field');
  const order = config.text('order', 'asc').toLowerCase();
  if (order !== 'asc' && order !== 'desc')
    throw config.error('order', `Sort direction [${order}] not recognized. Valid values are: [asc, desc]`);
  const target = config.path('target_field', field.text);
  return (document) => {
    const value = document.require(field);
    if (!Array.isArray(value)) throw valueError(`field [${field.text}] is no list: it cannot be sorted`, field);
    const isText = value.every((one) => typeof one === 'string');
    if (!isText && !value.every((one) => typeof one === 'number' || typeof one === 'bigint'))
      throw valueError(`the elements of field [${field.text}] cannot be compared with each other`, field);
    const sorted = [...(value as (string | number)[])].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    document.set(target, order === 'asc' ? sorted : sorted.reverse());
  };
};

export const dotExpander: ProcessorFactory = (config) => {
  const name = config.text('field');
  const within = config.text('path', null);
  const overrides = config.boolean('override', false);
  if (name !== '*' && (!name.includes('.') || name.startsWith('.') || name.endsWith('.')))
    throw config.error('field', 'field does not contain a dot, or it starts or ends with one');
  const path = within === null ? undefined : fieldPath(within);
  return (document) => {
    const holder = path === undefined ? document.source : document.require(path);
    if (!isObject(holder)) throw valueError(`field [${within}] holds no fields`, path);
    const names = name === '*' ? Object.keys(holder).filter((key) => /[^.]\.[^.]/.test(key)) : [name];
    for (const key of names) {
      if (!Object.hasOwn(holder, key)) continue;
      const value = holder[key];
      const to = fieldPath(within === null ? key : `${within}.${key}`);
      const before = document.get(to);
      delete holder[key];
      if (before !== undefined && !overrides) document.append(to, Array.isArray(value) ? value : [value], true);
      else if (isObject(before) && isObject(value))
        for (const [one, inner] of Object.entries(value)) setKey(before, one, inner);
      else document.set(to, value);
    }
  };
};

export const convert: ProcessorFactory = (config) => {
  const field = config.path('field');
  const type = config.text('type').toLowerCase();
  const make = converters[type];
  if (make === undefined) throw config.error('type', `type [${type}] not supported, cannot convert field.`);
  const target = config.path('target_field', field.text);
  const ignoresMissing = config.boolean('ignore_missing', false);
  return (document) => {
    const value = fieldValue(document, field, ignoresMissing);
    if (value === null) return;
    const one = (value: Value): Value => {
      const out = make(value);
      if (out === undefined) throw valueError(`unable to convert [${String(value).slice(0, 200)}] to ${type}`, field);
      return out;
    };
    document.set(target, Array.isArray(value) ? value.map(one) : one(value));
  };
};

function whole(value: Value, bits: bigint): Value {
  const text = String(value);
  const hex = /^([+-]?)(?:0[xX]|#)([0-9a-fA-F]{1,16})$/.exec(text);
  if (hex === null && !/^[+-]?\d{1,19}$/.test(text)) return undefined;
  const number = hex === null ? BigInt(text.replace('+', '')) : BigInt(`0x${hex[2]}`) * (hex[1] === '-' ? -1n : 1n);
  if (number < -(1n << bits) || number >= 1n << bits) return undefined;
  return Number.isSafeInteger(Number(number)) ? Number(number) : number;
}

const decimal = (value: Value): Value => {
  const text = String(value).trim();
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?[dfDF]?$/.test(text)
    ? Number(text.replace(/[dfDF]$/, ''))
    : undefined;
};

/** The fewest digits that give the same 32-bit float, as Java writes it. */
function shortestFloat(value: number): number {
  for (let digits = 1; digits <= 9; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return candidate;
  }
  return value;
}

const truth = (value: Value): Value => {
  const text = String(value).toLowerCase();
  return text === 'true' ? true : text === 'false' ? false : undefined;
};

const ipV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;

function isIp(text: string): boolean {
  if (ipV4.test(text)) return true;
  const halves = text.split('::');
  if (halves.length > 2 || text.length > 45 || !text.includes(':')) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  const last = groups.at(-1);
  const hasV4 = last !== undefined && ipV4.test(last);
  const hex = hasV4 ? groups.slice(0, -1) : groups;
  const count = hex.length + (hasV4 ? 2 : 0);
  return hex.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group)) && (halves.length === 2 ? count < 8 : count === 8);
}

const converters: Readonly<Record<string, (value: Value) => Value>> = {
  integer: (value) => whole(value, 31n),
  long: (value) => whole(value, 63n),
  float: (value) => {
    const number = decimal(value);
    return typeof number === 'number' ? shortestFloat(Math.fround(number)) : undefined;
  },
  double: decimal,
  boolean: truth,
  string: (value) => String(value),
  ip: (value) => (typeof value === 'string' && isIp(value) ? value : undefined),
  auto: (value) =>
    typeof value !== 'string'
      ? value
      : (truth(value) ?? whole(value, 31n) ?? whole(value, 63n) ?? decimal(value) ?? value),
};
