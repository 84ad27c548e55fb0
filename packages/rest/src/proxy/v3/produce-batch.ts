import type { HttpContext } from '@headwater/http';
import type { JsonObject } from '@headwater/serdes';
import { asObject, checkFields, listField, readObject } from '../fields.ts';
import { checkContentType } from '../media-types.ts';
import { recordError, unprocessable } from '../proxy-error.ts';
import { readProduceRequest } from './produce-request.ts';
import type { PreparedRecord, RecordWriter } from './record-writer.ts';
import { send } from './resources.ts';

/** As in Confluent's `produce.batch.maximum.entries`. */
const entriesMax = 10;

/** `POST …/records:batch` `{"entries":[{"id":"1",…}]}`: 207 with what was written and what was not. */
export async function produceBatch(ctx: HttpContext, writer: RecordWriter): Promise<void> {
  checkContentType(ctx.req, ['application/json']);
  const body = readObject(await ctx.body());
  if (body === null) throw badBatch('Request body is empty. Data is required.');
  checkFields(body, ['entries']);
  const entries = (listField(body, 'entries') ?? []).map((entry) => asObject(entry, 'an entry'));
  const ids = entries.map(idOf);
  if (new Set(ids).size < ids.length) throw badBatch('Batch entry IDs are not distinct.');
  if (ids.length === 0) throw badBatch('Empty batch.');
  if (ids.length > entriesMax) throw badBatch('Too many entries in batch.');
  const topic = ctx.params['topic']!;
  const ready: { id: string; record: PreparedRecord }[] = [];
  const failed = new Map<string, unknown>();
  for (const [index, entry] of entries.entries()) {
    const id = ids[index]!;
    try {
      ready.push({ id, record: await writer.prepare(topic, readProduceRequest(entry, ['id'])) });
    } catch (error) {
      failed.set(id, error);
    }
  }
  const records = ready.map(({ record }) => record);
  const written = ready.length === 0 ? [] : await writer.write(topic, records, ctx.params['cluster']!);
  const successes: object[] = [];
  written.forEach((outcome, index) => {
    const { id } = ready[index]!;
    if (outcome instanceof Error) failed.set(id, outcome);
    else {
      const { error_code: _, ...fields } = outcome as { error_code: number };
      successes.push({ id, ...fields });
    }
  });
  const failures = ids.filter((id) => failed.has(id)).map((id) => ({ id, ...recordError(failed.get(id)) }));
  send(ctx, 207, { successes, failures });
}

function idOf(entry: JsonObject): string {
  const id = entry.get('id');
  if (typeof id === 'string' && /^[0-9a-zA-Z_-]{1,80}$/.test(id)) return id;
  throw badBatch('Batch entry identifier is not a valid string.');
}

function badBatch(message: string) {
  return unprocessable(42208, message);
}
