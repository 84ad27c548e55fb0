/**
 * The shape of the tables in `messages/`: one `MessageSchema` for each request, response, header or data structure,
 * as Apache Kafka's own definitions describe them.
 */
export type ScalarType =
  | 'bool'
  | 'int8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'float64'
  | 'string'
  | 'uuid'
  | 'bytes'
  | 'records';

export type DefaultValue = string | number | boolean | null;

export interface FieldSchema {
  readonly name: string;
  /** A scalar's name, or 'struct' when `fields` is there. */
  readonly type: ScalarType | 'struct';
  /** The field is an array of `type`. */
  readonly array?: true;
  /** Versions of the message that have the field: '0+', '3-7', '4', or 'none'. */
  readonly versions: string;
  readonly nullable?: string;
  /** Versions in which the field is among the tagged fields, under the number `tag`. */
  readonly tagged?: string;
  readonly tag?: number;
  readonly default?: DefaultValue;
  /** An older version may drop a value that differs from the default without an error. */
  readonly ignorable?: true;
  /** The field is (part of) the key of the collection that its struct is an element of. */
  readonly mapKey?: true;
  /** Overrides the message's flexible versions for this field ('none': the client id of the request header). */
  readonly flexible?: string;
  readonly fields?: readonly FieldSchema[];
}

export interface MessageSchema {
  readonly name: string;
  readonly kind: 'request' | 'response' | 'header' | 'data';
  readonly apiKey?: number;
  readonly versions: string;
  readonly flexible: string;
  /** The newest of `versions` is not final: it is not offered unless asked for. */
  readonly unstable?: true;
  readonly fields: readonly FieldSchema[];
}

export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

const NONE: VersionRange = { min: 0, max: -1 };

/** '3-7' → 3..7, '3+' → 3..∞, '3' → 3..3, 'none' or nothing → empty. */
export function parseVersions(text: string | undefined): VersionRange {
  if (text === undefined || text === 'none') return NONE;
  if (text.endsWith('+')) return { min: Number(text.slice(0, -1)), max: Number.POSITIVE_INFINITY };
  const dash = text.indexOf('-');
  if (dash === -1) return { min: Number(text), max: Number(text) };
  return { min: Number(text.slice(0, dash)), max: Number(text.slice(dash + 1)) };
}

export function inVersions(text: string | undefined, version: number): boolean {
  const range = parseVersions(text);
  return version >= range.min && version <= range.max;
}

/** The nil uuid, which Kafka uses for "no topic id". */
export const zeroUuid = 'AAAAAAAAAAAAAAAAAAAAAA';

/** What an absent field decodes to and what a missing one is encoded as, when the table gives no default. */
export function defaultOf(field: FieldSchema, version: number): DefaultValue | readonly never[] | Buffer {
  if (field.default !== undefined) return field.default;
  if (field.array) return [];
  switch (field.type) {
    case 'string':
      return '';
    case 'bool':
      return false;
    case 'uuid':
      return zeroUuid;
    case 'bytes':
    case 'records':
      return inVersions(field.nullable, version) ? null : Buffer.alloc(0);
    case 'struct':
      return null;
    default:
      return 0;
  }
}
