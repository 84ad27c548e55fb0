import type { RecordView } from '@headwater/protocol';

/** Tells whether a record holds a text, in whatever case, in its key, value or headers. */
export function recordFilter(contains: string | null): (record: RecordView) => boolean {
  if (contains === null) return () => true;
  const wanted = contains.toLowerCase();
  const holds = (bytes: Buffer | null): boolean => bytes?.toString('utf8').toLowerCase().includes(wanted) ?? false;
  return (record) =>
    holds(record.value) ||
    holds(record.key) ||
    record.headers.some(({ key, value }) => key.toLowerCase().includes(wanted) || holds(value));
}
