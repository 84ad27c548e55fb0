import { restError } from './errors.ts';

/** Kafka's rule for topic names. */
export function checkTopicName(name: string): string {
  if (name.length === 0 || name.length > 249 || name === '.' || name === '..' || !/^[a-zA-Z0-9._-]+$/.test(name))
    throw restError(
      'HW_REST_INVALID_TOPIC',
      `"${name.slice(0, 260)}" is not a topic name: use 1 to 249 letters, digits, ".", "_" and "-", and not "." or ".."`,
    );
  return name;
}
