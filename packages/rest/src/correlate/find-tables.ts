import { askJson } from './ask-json.ts';

/** Tables of streaming SQL by the topic that they are written to. */
export async function sqlTables({
  url,
  ...options
}: {
  url: string;
  signal: AbortSignal;
  timeoutMs: number;
}): Promise<{ name: string; topic: string }[]> {
  const answer = await askJson(url, '/ksql', { ...options, body: { ksql: 'SHOW TABLES;' } });
  const [first] = Array.isArray(answer) ? (answer as { tables?: { name?: unknown; topic?: unknown }[] }[]) : [];
  return (first?.tables ?? []).flatMap(({ name, topic }) =>
    typeof name === 'string' && typeof topic === 'string' ? [{ name, topic }] : [],
  );
}
