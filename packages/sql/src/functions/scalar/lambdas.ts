import { sqlTypes } from '../../types/sql-type.ts';
import { inJavaOrder } from '../../values/java-map-order.ts';
import { parameter, scalar, variant } from '../define.ts';
import type { ScalarFunction } from '../function.ts';
import { budgeted, spendOn } from '../lambda-budget.ts';
import { arrayOf, lambdaOf, mapOf, variable } from '../type-pattern.ts';

const { boolean } = sqlTypes;
const category = 'LAMBDA';
const [T, R, S, K, V] = ['T', 'R', 'S', 'K', 'V'].map(variable) as [
  ReturnType<typeof variable>,
  ReturnType<typeof variable>,
  ReturnType<typeof variable>,
  ReturnType<typeof variable>,
  ReturnType<typeof variable>,
];
const array = parameter('array', arrayOf(T), 'The array.');
const map = parameter('map', mapOf(K, V), 'The map.');
const nulls = { isNullTaken: true };

type Entries = ReadonlyMap<unknown, unknown>;
type OfOne = (value: unknown) => unknown;
type OfTwo = (one: unknown, other: unknown) => unknown;
type OfThree = (state: unknown, key: unknown, value: unknown) => unknown;

/** Java's collectors take no null, neither as a value of a map nor for a condition: then the result of the call is null. */
function present(value: unknown): unknown {
  if (value === null) throw new RangeError('A lambda that decides, and a value of the new map, must not be null');
  return value;
}

/** Results that stay in memory until the call is done are paid for too. */
function kept(value: unknown): unknown {
  spendOn(value);
  return value;
}

export const lambdaFunctions: readonly ScalarFunction[] = [
  scalar(
    'TRANSFORM',
    {
      category,
      description:
        'Applies a lambda to each element of an array, or two to each entry of a map (its new key, its new value).',
      example: 'TRANSFORM(ARRAY[1, 2], x => x * 10) → [10, 20]',
    },
    variant(
      [array, parameter('lambda', lambdaOf([T], R), 'Gives the new element.')],
      arrayOf(R),
      budgeted((list: unknown[], apply: OfOne) =>
        list.map((value) => {
          spendOn(value);
          return kept(apply(value));
        }),
      ),
    ),
    variant(
      [
        map,
        parameter('keyLambda', lambdaOf([K, V], R), 'Gives the new key.'),
        parameter('valueLambda', lambdaOf([K, V], T), 'Gives the new value.'),
      ],
      mapOf(R, T),
      budgeted((entries: Entries, applyToKey: OfTwo, applyToValue: OfTwo) => {
        const out = new Map<unknown, unknown>();
        for (const [key, value] of entries) {
          spendOn(value);
          const newKey = applyToKey(key, value);
          if (out.has(newKey)) throw new RangeError(`Two entries of the map get the key ${String(newKey)}`);
          out.set(newKey, present(kept(applyToValue(key, value))));
        }
        return out;
      }),
    ),
  ),
  scalar(
    'FILTER',
    {
      category,
      description: 'The elements of an array, or the entries of a map, of which a lambda is true.',
      example: 'FILTER(ARRAY[1, 5, 9], x => x > 4) → [5, 9]',
    },
    variant(
      [array, parameter('lambda', lambdaOf([T], boolean), 'Whether it stays.')],
      arrayOf(T),
      budgeted((list: unknown[], isKept: OfOne) =>
        list.filter((value) => {
          spendOn(value);
          return present(isKept(value));
        }),
      ),
    ),
    variant(
      [map, parameter('lambda', lambdaOf([K, V], boolean), 'Whether it stays.')],
      mapOf(K, V),
      budgeted((entries: Entries, isKept: OfTwo) => {
        const out = new Map<unknown, unknown>();
        for (const [key, value] of entries) {
          spendOn(value);
          if (present(isKept(key, value))) out.set(key, present(value));
        }
        return out;
      }),
    ),
  ),
  scalar(
    'REDUCE',
    {
      category,
      description: 'Makes one value of an array or map: a lambda gives the next state from the state and each element.',
      example: 'REDUCE(ARRAY[1, 2, 3], 0, (s, x) => s + x) → 6',
    },
    variant(
      [
        array,
        parameter('initial', S, 'The first state.'),
        parameter('lambda', lambdaOf([S, T], S), 'Gives the next state.'),
      ],
      S,
      budgeted((list: unknown[] | null, initial: unknown, apply: OfTwo) => {
        if (initial === null || list === null) return initial;
        let state: unknown = initial;
        for (const value of list) {
          spendOn(state);
          state = apply(state, value);
        }
        return state;
      }),
      nulls,
    ),
    variant(
      [
        map,
        parameter('initial', S, 'The first state.'),
        parameter('lambda', lambdaOf([S, K, V], S), 'Gives the next state.'),
      ],
      S,
      budgeted((entries: Entries | null, initial: unknown, apply: OfThree) => {
        if (initial === null || entries === null) return initial;
        let state: unknown = initial;
        for (const [key, value] of inJavaOrder(entries)) {
          spendOn(state);
          state = apply(state, key, value);
        }
        return state;
      }),
      nulls,
    ),
  ),
];
