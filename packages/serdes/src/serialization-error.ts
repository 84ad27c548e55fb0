/** Where a record stands in the log, as far as it is known, and the id of its schema. */
export interface RecordPlace {
  topic?: string;
  partition?: number;
  offset?: bigint | number;
  schemaId?: number | string;
}

/** Names and positions from the root to the part of a value: `['lines', 3, 'price']`. */
export type ValuePath = readonly (string | number)[];

/**
 * A value that its schema does not allow, or bytes that are none of the schema. `path` is the part that is wrong, such as
 * `lines[3].price`; empty for the value as a whole. The caller who knows the record tells its place with `at`.
 */
export class SerializationError extends Error {
  readonly code = 'HW_SERDES_DATA';
  readonly path: string;
  readonly where: RecordPlace | undefined;
  /** What is wrong, without path and place. */
  readonly reason: string;

  constructor(reason: string, path: string | ValuePath = '', options: ErrorOptions & { where?: RecordPlace } = {}) {
    const { where, ...rest } = options;
    const pathText = typeof path === 'string' ? path : pathOf(path);
    super(`${reason}${pathText === '' ? '' : ` (at ${pathText})`}${where ? placeOf(where) : ''}`, rest);
    this.name = 'SerializationError';
    this.reason = reason;
    this.path = pathText;
    this.where = where;
  }

  /** The same error with the place of its record; this one is its cause. */
  at(where: RecordPlace): SerializationError {
    return new SerializationError(this.reason, this.path, { cause: this, where: { ...this.where, ...where } });
  }
}

/** `['a', 0, 'b c']` is `a[0]["b c"]`. */
function pathOf(parts: ValuePath): string {
  let text = '';
  for (const part of parts) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (!/^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(part)) text += `[${JSON.stringify(part)}]`;
    else text += text === '' ? part : `.${part}`;
  }
  return text;
}

function placeOf({ topic, partition, offset, schemaId }: RecordPlace): string {
  const parts = [
    topic === undefined ? '' : `topic ${topic}`,
    partition === undefined ? '' : `partition ${partition}`,
    offset === undefined ? '' : `offset ${offset}`,
    schemaId === undefined ? '' : `schema id ${schemaId}`,
  ].filter((part) => part !== '');
  return parts.length === 0 ? '' : ` in ${parts.join(', ')}`;
}
