/** Random bodies for any message and version, made from the table: every field, nulls, defaults and long values. */
import { type FieldPlan, isDefault, planMessage, type StructPlan } from '../src/codec/plan.ts';
import type { MessageSchema } from '../src/schema.ts';
import type { Random } from './random.ts';

const TEXTS = ['', 'a', 'topic-1', 'größer', '日本語', '🙂', 'x'.repeat(45), 'é'.repeat(90), 'y'.repeat(300)];

export function randomMessage(schema: MessageSchema, version: number, random: Random): unknown {
  return randomStruct(planMessage(schema, version), random);
}

/** What decoding gives for fields that the version lacks is in the message already, so it can be compared whole. */
function randomStruct(plan: StructPlan, random: Random): unknown {
  const struct: Record<string, unknown> = {};
  for (const field of plan.fields) struct[field.name] = randomField(field, random);
  return struct;
}

function randomField(field: FieldPlan, random: Random): unknown {
  if (!field.isPresent || (field.tag !== -1 && random.chance(0.5))) {
    return Array.isArray(field.default) ? [] : field.default;
  }
  if (field.isNullable && random.chance(0.3)) return null;
  if (!field.isArray) {
    const value = randomOne(field, random);
    // A tagged struct of defaults is not written, and null is what is read then.
    return field.tag !== -1 && isDefault(field, value) ? field.default : value;
  }
  const length = random.pick([0, 1, 1, 2, 3, field.struct === null ? 200 : 5]);
  return Array.from({ length }, () => randomOne(field, random));
}

function randomOne(field: FieldPlan, random: Random): unknown {
  switch (field.type) {
    case 'struct':
      return randomStruct(field.struct!, random);
    case 'string':
      return random.pick(TEXTS);
    case 'bytes':
    case 'records':
      return random.bytes(random.pick([0, 1, 20, 127, 128, 1500]));
    case 'uuid':
      return random.bytes(16).toString('base64url');
    case 'bool':
      return random.chance(0.5);
    case 'float64':
      return random.next() * 1e9 - 5e8;
    case 'int8':
      return random.int(-128, 127);
    case 'int16':
      return random.int(-32768, 32767);
    case 'uint16':
      return random.int(0, 65535);
    case 'uint32':
      return random.int(0, 2 ** 32 - 1);
    case 'int32':
      return random.pick([0, -1, 1, 2 ** 31 - 1, -(2 ** 31), random.int(-(2 ** 31), 2 ** 31 - 1)]);
    case 'int64':
      return random.pick([0, -1, -2, 2 ** 31, -(2 ** 33) - 5, 2 ** 53 - 1, 1 - 2 ** 53, random.int(0, 2 ** 52)]);
  }
}
