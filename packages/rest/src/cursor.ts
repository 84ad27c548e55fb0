import { badRequest } from './rest-error.ts';

/** A place in a topic: an offset for each partition. */
export type Positions = Map<number, number>;

/** `0:12,1:40`: partition and offset, by partition. */
export function formatCursor(positions: Positions): string {
  return [...positions]
    .sort(([a], [b]) => a - b)
    .map(([partition, offset]) => `${partition}:${offset}`)
    .join(',');
}

/** Throws HttpError 400 when the text is not a cursor. */
export function parseCursor(text: string): Positions {
  const positions: Positions = new Map();
  for (const part of text.split(',')) {
    const match = /^(\d{1,9}):(\d{1,16})$/.exec(part.trim());
    const offset = Number(match?.[2]);
    if (match === null || !Number.isSafeInteger(offset)) {
      throw badRequest(
        'HW_REST_INVALID_CURSOR',
        `"${text.slice(0, 100)}" is not a cursor: it has the form 0:12,1:40 (partition:offset), as an answer gave it`,
      );
    }
    positions.set(Number(match[1]), offset);
  }
  return positions;
}
