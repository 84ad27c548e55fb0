import {
  type DefaultValue,
  defaultOf,
  type FieldSchema,
  inVersions,
  type MessageSchema,
  parseVersions,
  type VersionRange,
} from '../schema.ts';

/** A field as one version of its message has it: all version ranges of the table resolved. */
export interface FieldPlan {
  readonly name: string;
  readonly type: FieldSchema['type'];
  readonly isArray: boolean;
  readonly isPresent: boolean;
  readonly isNullable: boolean;
  /** In the compact form: lengths are varints. */
  readonly isCompact: boolean;
  /** The encoder may take the default when the caller left the field out. */
  readonly isOptional: boolean;
  readonly isIgnorable: boolean;
  /** Number among the tagged fields, or -1. */
  readonly tag: number;
  readonly default: DefaultValue | readonly never[] | Buffer;
  readonly struct: StructPlan | null;
  /** The least that one element (of an array) or the field takes in a frame. */
  readonly minBytes: number;
}

export interface StructPlan {
  /** All fields of the table, in its order; those that the version lacks have `isPresent: false`. */
  readonly fields: readonly FieldPlan[];
  /** Ends with tagged fields. */
  readonly isFlexible: boolean;
  readonly minBytes: number;
}

const SCALAR_BYTES: Record<string, number> = {
  bool: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  float64: 8,
  uuid: 16,
};

export function planMessage(schema: MessageSchema, version: number): StructPlan {
  const isFlexible = inVersions(schema.flexible, version);
  return planStruct(schema.fields, version, isFlexible, parseVersions(schema.versions));
}

function planStruct(
  fields: readonly FieldSchema[],
  version: number,
  isFlexible: boolean,
  range: VersionRange,
): StructPlan {
  const plans = fields.map((field) => planField(field, version, isFlexible, range));
  const ordinary = plans.filter((field) => field.isPresent && field.tag === -1);
  const minBytes = ordinary.reduce((sum, field) => sum + fieldMinBytes(field), isFlexible ? 1 : 0);
  return { fields: plans, isFlexible, minBytes: Math.max(1, minBytes) };
}

function planField(field: FieldSchema, version: number, isFlexible: boolean, range: VersionRange): FieldPlan {
  const own = parseVersions(field.versions);
  const inner = { min: Math.max(own.min, range.min), max: Math.min(own.max, range.max) };
  const struct = field.fields === undefined ? null : planStruct(field.fields, version, isFlexible, inner);
  const isCompact = isFlexible && field.flexible !== 'none';
  const isBlob = field.type === 'records' || field.type === 'bytes';
  const isPresent = version >= own.min && version <= own.max;
  return {
    name: field.name,
    type: field.type,
    isArray: field.array === true,
    isPresent,
    isNullable: inVersions(field.nullable, version),
    isCompact,
    isOptional:
      field.default !== undefined ||
      field.tagged !== undefined ||
      field.ignorable === true ||
      own.min > range.min ||
      own.max < range.max ||
      (field.nullable !== undefined && isBlob),
    isIgnorable: field.ignorable === true,
    tag: isPresent && inVersions(field.tagged, version) ? field.tag! : -1,
    default: defaultOf(field, version),
    struct,
    minBytes: struct?.minBytes ?? SCALAR_BYTES[field.type] ?? lengthBytes(field.type, isCompact),
  };
}

function lengthBytes(type: string, isCompact: boolean): number {
  if (isCompact) return 1;
  return type === 'string' ? 2 : 4;
}

function fieldMinBytes(field: FieldPlan): number {
  if (field.isArray) return field.isCompact ? 1 : 4;
  // A nullable struct is preceded by a byte that says whether it is there.
  if (field.struct !== null && field.isNullable) return 1;
  return field.minBytes;
}

/** Tagged fields in the order in which they are written. */
export function taggedFields(plan: StructPlan): readonly FieldPlan[] {
  return plan.fields.filter((field) => field.tag !== -1).sort((a, b) => a.tag - b.tag);
}

/** Whether a value is what its absence would decode to; such a tagged field is left out, as Kafka does. */
export function isDefault(field: FieldPlan, value: unknown): boolean {
  if (value === undefined || value === field.default) return true;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length === 0 && field.default !== null;
  // A struct of nothing but defaults says no more than its absence.
  if (field.struct === null || field.isNullable || value === null) return false;
  return field.struct.fields.every((inner) => isDefault(inner, (value as Record<string, unknown>)[inner.name]));
}
