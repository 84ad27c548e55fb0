import { ApiError, send } from './http.ts';

export interface NewRecord {
  topic: string;
  partition: number | null;
  key: string | null;
  /** JSON text, stored as the very bytes. */
  value: string;
  headers: { name: string; value: string }[];
}

export interface Produced {
  partition: number;
  offset: number;
}

/** `POST /api/produce/{topic}`: the body is the value, byte for byte. */
export async function produce(record: NewRecord): Promise<Produced> {
  const query = new URLSearchParams();
  if (record.key !== null) query.set('key', record.key);
  if (record.partition !== null) query.set('partition', String(record.partition));
  const answer = await send('POST', producePath(record), record.value, producedHeaders(record));
  try {
    return JSON.parse(answer) as Produced;
  } catch {
    throw new ApiError(200, 'HW_CONSOLE_ANSWER', 'The record was taken, but the answer does not say where it is.');
  }
}

export function producePath(record: Pick<NewRecord, 'topic' | 'key' | 'partition'>): string {
  const query = new URLSearchParams();
  if (record.key !== null) query.set('key', record.key);
  if (record.partition !== null) query.set('partition', String(record.partition));
  return `/api/produce/${encodeURIComponent(record.topic)}${query.size > 0 ? `?${query}` : ''}`;
}

function producedHeaders(_record: NewRecord): Record<string, string> {
  return {};
}
