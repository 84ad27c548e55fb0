import type { Files } from './files/files.ts';

/** Kafka's own file and format: says whose records a directory holds, should it ever be found alone. */
export const ownerFileName = 'partition.metadata';

export function encodeOwner(topicId: string): Buffer {
  return Buffer.from(`version: 0\ntopic_id: ${topicId}\n`);
}

/** Undefined when the directory does not say. */
export function readOwner(files: Files, directory: string): string | undefined {
  const path = `${directory}/${ownerFileName}`;
  if (!files.exists(path)) return undefined;
  return /^topic_id: (\S{22})$/m.exec(files.readFile(path).toString())?.[1];
}
