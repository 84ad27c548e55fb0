import { isObject, isSame, type Value } from '../ingest-document.ts';
import { show } from '../template.ts';

export const methodNames: readonly string[] = [
  'contains',
  'containsKey',
  'containsValue',
  'endsWith',
  'equals',
  'equalsIgnoreCase',
  'get',
  'getOrDefault',
  'indexOf',
  'intValue',
  'isEmpty',
  'length',
  'size',
  'startsWith',
  'substring',
  'toLowerCase',
  'toString',
  'toUpperCase',
  'trim',
];

/** Calls a method of Java's String, List, Map or Number; undefined when the type has none of this name. */
export function callMethod(target: Value, name: string, args: readonly Value[]): Value {
  if (name === 'equals') return args.length === 1 ? isSame(target, args[0]) : undefined;
  if (name === 'toString') return args.length === 0 ? show(target) : undefined;
  if (typeof target === 'string') return callText(target, name, args);
  if (Array.isArray(target)) return callList(target, name, args);
  if (isObject(target)) return callMap(target, name, args);
  if (typeof target === 'number' && name === 'intValue') return Math.trunc(target);
  return undefined;
}

function callText(text: string, name: string, args: readonly Value[]): Value {
  const [first, second] = args;
  if (args.length === 0) {
    switch (name) {
      case 'isEmpty':
        return text === '';
      case 'length':
        return text.length;
      case 'toLowerCase':
        return text.toLowerCase();
      case 'toUpperCase':
        return text.toUpperCase();
      case 'trim':
        return text.trim();
    }
    return undefined;
  }
  if (name === 'substring' && typeof first === 'number') {
    const end = second === undefined ? text.length : Number(second);
    return first >= 0 && first <= end && end <= text.length ? text.slice(first, end) : undefined;
  }
  if (typeof first !== 'string' || args.length !== 1) return undefined;
  switch (name) {
    case 'contains':
      return text.includes(first);
    case 'startsWith':
      return text.startsWith(first);
    case 'endsWith':
      return text.endsWith(first);
    case 'indexOf':
      return text.indexOf(first);
    case 'equalsIgnoreCase':
      return text.toLowerCase() === first.toLowerCase();
  }
  return undefined;
}

function callList(list: readonly Value[], name: string, args: readonly Value[]): Value {
  const [first] = args;
  switch (name) {
    case 'contains':
      return args.length === 1 ? list.some((one) => isSame(one, first)) : undefined;
    case 'indexOf':
      return list.findIndex((one) => isSame(one, first));
    case 'isEmpty':
      return list.length === 0;
    case 'size':
    case 'length':
      return list.length;
    case 'get':
      return typeof first === 'number' && first >= 0 && first < list.length ? (list[first] ?? null) : undefined;
  }
  return undefined;
}

function callMap(map: Record<string, Value>, name: string, args: readonly Value[]): Value {
  const key = String(args[0]);
  switch (name) {
    case 'containsKey':
      return Object.hasOwn(map, key);
    case 'containsValue':
      return Object.values(map).some((one) => isSame(one, args[0]));
    case 'get':
      return Object.hasOwn(map, key) ? map[key] : null;
    case 'getOrDefault':
      return Object.hasOwn(map, key) ? map[key] : args[1];
    case 'isEmpty':
      return Object.keys(map).length === 0;
    case 'size':
      return Object.keys(map).length;
  }
  return undefined;
}
