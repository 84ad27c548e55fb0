import { sqlTypes } from '../../types/sql-type.ts';
import { inJavaOrder } from '../../values/java-map-order.ts';
import { parameter, scalar, variant } from '../define.ts';
import type { ScalarFunction } from '../function.ts';
import { arrayOf, mapOf, structOf, variable } from '../type-pattern.ts';

const { string, boolean } = sqlTypes;
const category = 'MAP';
const T = variable('T');
const V = variable('V');
const map = parameter('map', mapOf(string, T), 'The map.');

type Entries = ReadonlyMap<string, unknown>;

export const mapFunctions: readonly ScalarFunction[] = [
  scalar(
    'AS_MAP',
    {
      category,
      description: 'A map of keys and values that stand in two arrays; null for keys without a value.',
      example: "AS_MAP(ARRAY['a', 'b'], ARRAY[1, 2]) → {a: 1, b: 2}",
    },
    variant(
      [parameter('keys', arrayOf(string), 'The keys.'), parameter('values', arrayOf(T), 'Their values.')],
      mapOf(string, T),
      (keys: string[], values: unknown[]) => new Map(keys.map((key, at) => [key, values[at] ?? null] as const)),
    ),
  ),
  scalar(
    'ENTRIES',
    {
      category,
      description: 'The entries of a map as structs with the fields K and V.',
      example: "ENTRIES(MAP('b' := 1, 'a' := 2), true) → [{K: 'a', V: 2}, {K: 'b', V: 1}]",
    },
    variant(
      [parameter('map', mapOf(string, V), 'The map.'), parameter('sorted', boolean, 'Whether by the keys.')],
      arrayOf(structOf({ K: string, V })),
      (entries: Entries, isSorted: boolean) => {
        const list = inJavaOrder(entries) as [string, unknown][];
        if (isSorted) list.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
        return list;
      },
    ),
  ),
  scalar(
    'MAP_KEYS',
    { category, description: 'The keys of a map.', example: "MAP_KEYS(MAP('a' := 1)) → ['a']" },
    variant([map], arrayOf(string), (entries: Entries) => inJavaOrder(entries).map(([key]) => key)),
  ),
  scalar(
    'MAP_VALUES',
    { category, description: 'The values of a map.', example: "MAP_VALUES(MAP('a' := 1)) → [1]" },
    variant([map], arrayOf(T), (entries: Entries) => inJavaOrder(entries).map(([, value]) => value)),
  ),
  scalar(
    'MAP_UNION',
    {
      category,
      description: 'The entries of both maps; of a key in both the value of the second.',
      example: "MAP_UNION(MAP('a' := 1), MAP('a' := 2, 'b' := 3)) → {a: 2, b: 3}",
    },
    variant(
      [parameter('map1', mapOf(string, T), 'A map.'), parameter('map2', mapOf(string, T), 'Another map.')],
      mapOf(string, T),
      (one: Entries | null, other: Entries | null) =>
        one === null || other === null ? (one ?? other) : new Map([...one, ...other]),
      { isNullTaken: true },
    ),
  ),
];
