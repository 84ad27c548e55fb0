import type { Decimal } from '@headwater/serdes';

type Numbers = 'INTEGER' | 'INT' | 'DOUBLE' | 'TIME' | 'DATE' | 'TIMESTAMP';
type Texts = 'STRING' | 'VARCHAR';

/** What a value of a SQL type, written as text, is in TypeScript; `unknown` for types that are not told by their text. */
export type ValueOf<Text extends string> = Text extends Numbers
  ? number
  : Text extends 'BIGINT'
    ? number | bigint
    : Text extends Texts
      ? string
      : Text extends 'BOOLEAN'
        ? boolean
        : Text extends 'BYTES'
          ? Buffer
          : Text extends `DECIMAL(${string})`
            ? Decimal
            : Text extends `ARRAY<${infer Element}>`
              ? readonly (ValueOf<Element> | null)[]
              : Text extends `MAP<STRING, ${infer Value}>`
                ? ReadonlyMap<string, ValueOf<Value> | null>
                : unknown;

export interface UserParameter {
  readonly name: string;
  /** As in SQL, in upper case: `BIGINT`, `ARRAY<STRING>`, `DECIMAL(10, 2)`. */
  readonly type: string;
  readonly description?: string;
}

/** The values of parameters in their order. */
export type ValuesOf<P extends readonly UserParameter[]> = {
  -readonly [At in keyof P]: P[At] extends { readonly type: infer Text extends string } ? ValueOf<Text> : never;
};

export type Nullable<V extends readonly unknown[]> = { -readonly [At in keyof V]: V[At] | null };
