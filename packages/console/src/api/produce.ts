import { send } from './http.ts';

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
  return JSON.parse(await send('POST', producePath(record), record.value)) as Produced;
}

export function producePath({ topic, key, partition, headers }: Omit<NewRecord, 'value'>): string {
  const query = new URLSearchParams();
  if (key !== null) query.set('key', key);
  if (partition !== null) query.set('partition', String(partition));
  for (const { name, value } of headers) query.append('header', `${name}:${value}`);
  return `/api/produce/${encodeURIComponent(topic)}${query.size > 0 ? `?${query}` : ''}`;
}
