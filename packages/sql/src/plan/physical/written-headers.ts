import type { RecordHeader } from '@headwater/protocol';
import type { HeaderItem } from '../steps/project-step.ts';
import { type StreamFlow, valueCode } from './flow.ts';
import type { QueryContext } from './query-context.ts';

/** Code that gives the record in work other headers while a row of it is handed on: those of the keys are replaced, others stay. */
export function headersAround(
  items: readonly HeaderItem[],
  { columns, pending: { module } }: StreamFlow,
  context: QueryContext,
): (handOn: string) => string {
  const keys = items.map(({ key }) => key);
  const replaced = module.constant((headers: readonly RecordHeader[], values: readonly (string | Buffer | null)[]) =>
    withHeaders(headers, keys, values),
  );
  const values = items.map(({ expression }) => valueCode(expression, columns, module, context).code);
  return (handOn) =>
    `const headersBefore = c.headers; c.headers = ${replaced}(headersBefore, [${values.join(', ')}]); ${handOn} c.headers = headersBefore;`;
}

/** A value that is null is no header. */
function withHeaders(
  headers: readonly RecordHeader[],
  keys: readonly string[],
  values: readonly (string | Buffer | null)[],
): RecordHeader[] {
  const all = headers.filter(({ key }) => !keys.includes(key));
  for (const [at, value] of values.entries()) {
    if (value !== null) all.push({ key: keys[at]!, value: typeof value === 'string' ? Buffer.from(value) : value });
  }
  return all;
}
