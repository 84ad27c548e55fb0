import type { Serde } from '@headwater/streams';
import { CodeModule } from '../../expressions/code-module.ts';
import type { Written } from '../../expressions/written.ts';
import type { SqlType } from '../../types/sql-type.ts';
import { rowSerde } from '../row-serde.ts';
import { CompiledOperator, type RunRecord } from './compiled-operator.ts';
import { at, type ColumnCodes, type Row, type StreamFlow } from './flow.ts';

/** What becomes of rows that have no value: a stream's records without one. */
export type NullRows = 'kept' | 'dropped';

/** Code that makes an array of a row, or of the key's columns what a key is. */
export function keyCode(codes: readonly Written[]): string {
  if (codes.length === 0) return 'null';
  return codes.length === 1 ? codes[0]!.code : `[${codes.map(({ code }) => code).join(', ')}]`;
}

/**
 * The function that does all that is pending, and hands on a row of the given values.
 *
 * @param around code around the statement that hands a row on
 * @param timestamp code of the time that results have, negative for those that are left out; default: the row's own
 */
export function runnerOf(
  { pending }: StreamFlow,
  values: readonly Written[],
  {
    nullRows,
    timestamp = null,
    row = (code) => code,
    around = null,
  }: {
    nullRows: NullRows;
    timestamp?: string | null;
    row?: (code: string) => string;
    around?: ((handOn: string) => string) | null;
  },
): RunRecord {
  const { conditions, keyCodes, keyCodesWithoutRow, module } = pending;
  const isDropped = nullRows === 'dropped' || conditions.length > 0;
  const key = keyCodes === null ? 'k' : keyCode(keyCodes);
  const keyOfNone = keyCodes === null ? 'k' : keyCode(keyCodesWithoutRow ?? []);
  const handOn = `next.process(${key}, ${row(`[${values.map(({ code }) => code).join(', ')}]`)}, t);`;
  const lines = [
    `if (v === null) { ${isDropped ? '' : `next.process(${keyOfNone}, null, t);`} return; }`,
    ...conditions.map((condition) => `if (!(${condition})) return;`),
    ...(timestamp === null ? [] : [`t = ${timestamp};`, 'if (t < 0) return;']),
    around === null ? handOn : around(handOn),
  ];
  return module.link<RunRecord>(`function (k, v, t, c, next) { ${lines.join('\n')} }`);
}

export interface MaterializedStream {
  readonly flow: StreamFlow;
  readonly types: readonly SqlType[];
}

/** A stream of rows that have just the named columns, in their order. */
export function materialize(flow: StreamFlow, names: readonly string[], nullRows: NullRows): MaterializedStream {
  const values = names.map((name) => flow.columns.get(name)!);
  const types = values.map(({ type }) => type!);
  const run = runnerOf(flow, values, { nullRows });
  const isKeyChanged = flow.pending.keyCodes !== null;
  const stream = flow.stream.through<unknown, Row | null>(() => new CompiledOperator(run), {
    isKeyChanged,
    key: flow.key.serde,
    value: rowSerde(types) as Serde<Row | null>,
  });
  const columns: ColumnCodes = new Map(names.map((name, index) => [name, at(index, types[index]!)]));
  return { flow: { ...flow, stream, columns, pending: nothingPending() }, types };
}

export function nothingPending(): StreamFlow['pending'] {
  return { module: new CodeModule(), conditions: [], keyCodes: null };
}
