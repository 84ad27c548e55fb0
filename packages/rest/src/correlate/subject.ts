import { badRequest } from '../rest-error.ts';

/** What is asked about. */
export type Subject =
  | { readonly kind: 'record'; readonly topic: string; readonly partition: number; readonly offset: number }
  | { readonly kind: 'trace'; readonly traceId: string }
  | { readonly kind: 'correlation'; readonly correlationId: string }
  | { readonly kind: 'document'; readonly index: string; readonly id: string }
  | { readonly kind: 'row'; readonly table: string; readonly key: string };

export interface CorrelateQuery {
  readonly subject: Subject;
  /** How long before and after the time of the subject topics are looked through. */
  readonly windowMs: number;
  /** Where to look when nothing says when it was; epoch ms. */
  readonly aroundMs: number | null;
}

const defaultWindowMs = 10_000;
const windowMsMax = 300_000;
const ways =
  'ask by topic, partition and offset; by traceId; by correlationId; by index and id (a document); or by table and key (a row)';

/** @throws HttpError 400 */
export function parseCorrelateQuery(query: URLSearchParams): CorrelateQuery {
  const text = (name: string): string | undefined => query.get(name)?.trim() || undefined;
  const number = (name: string, max: number): number | undefined => {
    const given = text(name);
    if (given === undefined) return undefined;
    const value = Number(given);
    if (Number.isSafeInteger(value) && value >= 0 && value <= max) return value;
    throw badRequest('HW_REST_INVALID_QUERY', `${name} must be a whole number from 0 to ${max}`);
  };
  const windowMs = number('windowMs', windowMsMax) ?? defaultWindowMs;
  const aroundMs = number('aroundMs', Number.MAX_SAFE_INTEGER) ?? null;
  return { subject: subjectOf(text, number), windowMs, aroundMs };
}

function subjectOf(
  text: (name: string) => string | undefined,
  number: (name: string, max: number) => number | undefined,
): Subject {
  const [topic, index, table, traceId] = [text('topic'), text('index'), text('table'), text('traceId')?.toLowerCase()];
  if (topic !== undefined) {
    const [partition, offset] = [number('partition', 2 ** 31), number('offset', Number.MAX_SAFE_INTEGER)];
    if (partition !== undefined && offset !== undefined) return { kind: 'record', topic, partition, offset };
  }
  const [id, key, correlationId] = [text('id'), text('key'), text('correlationId')];
  if (index !== undefined && id !== undefined) return { kind: 'document', index, id };
  if (table !== undefined && key !== undefined) return { kind: 'row', table, key };
  if (traceId !== undefined) {
    if (/^([0-9a-f]{16}){1,2}$/.test(traceId)) return { kind: 'trace', traceId: traceId.padStart(32, '0') };
    throw badRequest('HW_REST_INVALID_QUERY', 'traceId must be 32 (or 16) hexadecimal digits');
  }
  if (correlationId !== undefined && correlationId.length <= 128) return { kind: 'correlation', correlationId };
  throw badRequest('HW_REST_INVALID_QUERY', ways);
}
