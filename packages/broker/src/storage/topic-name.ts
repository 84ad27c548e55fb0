import { refused } from './storage-error.ts';

const lengthMax = 249;

/** Kafka's rule for names of topics. @throws StorageError INVALID_TOPIC_EXCEPTION */
export function checkTopicName(name: string): void {
  const problem =
    name === ''
      ? 'it is empty'
      : name === '.' || name === '..'
        ? 'it cannot be "." or ".."'
        : name.length > lengthMax
          ? `it has ${name.length} characters, ${lengthMax} are allowed`
          : /^[a-zA-Z0-9._-]+$/.test(name)
            ? null
            : 'only ASCII letters, digits, ".", "_" and "-" are allowed';
  if (problem !== null)
    throw refused('INVALID_TOPIC_EXCEPTION', `Topic name "${name.slice(0, 300)}" is invalid: ${problem}.`);
}

/** `orders-0`, null for a name that is no partition's directory. */
export function partitionOfDirectory(name: string): { topic: string; partition: number } | null {
  const match = /^([a-zA-Z0-9._-]{1,249})-(\d{1,6})$/.exec(name);
  return match === null ? null : { topic: match[1]!, partition: Number(match[2]) };
}
