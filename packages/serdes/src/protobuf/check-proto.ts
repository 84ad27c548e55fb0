import { SchemaError } from '../schema-error.ts';
import {
  allFields,
  groupFieldName,
  isGroup,
  isScalar,
  type ProtoEnum,
  type ProtoExtend,
  type ProtoField,
  type ProtoFile,
  type ProtoGroup,
  type ProtoMessage,
} from './proto-file.ts';
import { type ProtoNames, resolved } from './proto-names.ts';

/**
 * Whether all names of a file lead to something and none is there twice. Names that only options use are left alone: the files of
 * such options are seldom registered.
 *
 * @throws SchemaError with the full name of what is wrong
 */
export function checkProto(file: ProtoFile, names: ProtoNames): void {
  new Check(names).file(file);
}

class Check {
  readonly #names: ProtoNames;

  constructor(names: ProtoNames) {
    this.#names = names;
  }

  file(file: ProtoFile): void {
    const scope = file.package ?? '';
    once([...namesOf(file), ...file.services.map(({ name }) => name)], scope);
    this.#inside(file, scope);
    for (const service of file.services) {
      const where = join(scope, service.name);
      once(
        service.methods.map(({ name }) => name),
        where,
      );
      for (const { requestType, responseType, name } of service.methods) {
        this.#message(requestType, scope, join(where, name));
        this.#message(responseType, scope, join(where, name));
      }
    }
  }

  #inside(of: Pick<ProtoMessage, 'messages' | 'enums' | 'extends'>, scope: string): void {
    for (const message of of.messages) this.#messageBody(message, join(scope, message.name));
    for (const each of of.enums) enumBody(each, join(scope, each.name));
    for (const extend of of.extends) this.#extend(extend, scope);
  }

  #messageBody(message: ProtoMessage, where: string): void {
    const fields = Array.from(allFields(message), ({ field }) => field);
    const groupNames = fields.filter(isGroup).map(({ name }) => name);
    once([...namesOf(message), ...groupNames], where);
    once([...fields.map(fieldNameOf), ...message.oneofs.map(({ name }) => name)], where);
    onceNumber(fields, where);
    for (const field of fields) this.#field(field, where);
    this.#inside(message, where);
  }

  #field(field: ProtoField | ProtoGroup, scope: string): void {
    const where = join(scope, field.name);
    if (isGroup(field)) this.#messageBody(field.message, where);
    else if (!isScalar(field.type)) resolved(this.#names, field.type, scope, where);
  }

  #extend(extend: ProtoExtend, scope: string): void {
    this.#message(extend.name, scope, scope);
    for (const field of [...extend.fields, ...extend.groups]) this.#field(field, scope);
  }

  #message(name: string, scope: string, where: string): void {
    if (resolved(this.#names, name, scope, where).kind === 'message') return;
    throw new SchemaError(`${name} is an enum; a message is needed here`, where);
  }
}

function enumBody({ values }: ProtoEnum, where: string): void {
  if (values.length === 0) throw new SchemaError('An enum needs at least one value', where);
  once(
    values.map(({ name }) => name),
    where,
  );
}

function namesOf({ messages, enums }: Pick<ProtoMessage, 'messages' | 'enums'>): string[] {
  return [...messages, ...enums].map(({ name }) => name);
}

function fieldNameOf(field: ProtoField | ProtoGroup): string {
  return isGroup(field) ? groupFieldName(field) : field.name;
}

function once(names: readonly string[], where: string): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) throw new SchemaError(`${name} is defined twice`, where);
    seen.add(name);
  }
}

function onceNumber(fields: readonly (ProtoField | ProtoGroup)[], where: string): void {
  const seen = new Map<number, string>();
  for (const field of fields) {
    const other = seen.get(field.number);
    if (other !== undefined) {
      throw new SchemaError(`The fields ${other} and ${field.name} have the same number, ${field.number}`, where);
    }
    seen.set(field.number, field.name);
  }
}

function join(scope: string, name: string): string {
  return scope === '' ? name : `${scope}.${name}`;
}
