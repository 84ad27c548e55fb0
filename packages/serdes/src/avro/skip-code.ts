import type { AvroRecord, AvroSchema } from './avro-schema.ts';
import { bytesMin } from './bytes-min.ts';
import { type Code, FunctionCode } from './code.ts';
import { nodesInCycles, partsOf } from './cycles.ts';

/** Code that passes over values without making them. */
export class SkipCode {
  readonly #code: Code;
  readonly #records = new Map<AvroRecord, string>();
  readonly #walked = new Set<AvroSchema>();
  readonly #recursive = new Set<AvroSchema>();

  constructor(code: Code) {
    this.#code = code;
  }

  value(schema: AvroSchema, body: FunctionCode): void {
    switch (schema.type) {
      case 'null':
        return;
      case 'boolean':
        body.line('p = skipFixed(p, 1);');
        return;
      case 'int':
      case 'long':
      case 'enum':
        body.line('p = skipVarint(b, p);');
        return;
      case 'float':
        body.line('p = skipFixed(p, 4);');
        return;
      case 'double':
        body.line('p = skipFixed(p, 8);');
        return;
      case 'fixed':
        body.line(`p = skipFixed(p, ${schema.size});`);
        return;
      case 'string':
      case 'bytes':
        body.line('p = skipSized(b, p);');
        return;
      case 'array':
        this.#blocks(schema.items, bytesMin(schema.items), body, false);
        return;
      case 'map':
        this.#blocks(schema.values, bytesMin(schema.values) + 1, body, true);
        return;
      case 'union': {
        const place = body.local();
        body.line(`const ${place} = readInt(b, p); p = cursor.at; switch (${place}) {`);
        schema.branches.forEach((branch, index) => {
          body.line(`case ${index}: {`);
          this.value(branch, body);
          body.line('break;}');
        });
        body.line(`default: noBranch(${place}, ${schema.branches.length});}`);
        return;
      }
      default:
        body.line(`p = ${this.#record(schema)}(b, p);`);
    }
  }

  #blocks(item: AvroSchema, itemBytesMin: number, body: FunctionCode, isMap: boolean): void {
    const left = body.local('n');
    const block = `skipBlock(b, p, ${itemBytesMin})`;
    body.line(`for (let ${left} = ${block}; ${left} > 0; ${left} = ${block}) {p = cursor.at;`);
    // Items without bytes are passed by passing their number.
    if (itemBytesMin > 0) {
      body.line('do {');
      if (isMap) body.line('p = skipSized(b, p);');
      this.value(item, body);
      body.line(`} while (--${left} > 0);`);
    }
    body.line('} p = cursor.at;');
  }

  /** All that the record reaches at once. */
  #walk(schema: AvroRecord): void {
    const seen = (each: AvroSchema): readonly AvroSchema[] => {
      this.#walked.add(each);
      return partsOf(each);
    };
    for (const each of nodesInCycles<AvroSchema>(schema, seen)) this.#recursive.add(each);
  }

  #record(schema: AvroRecord): string {
    const known = this.#records.get(schema);
    if (known !== undefined) return known;
    const name = this.#code.fresh('f');
    this.#records.set(schema, name);
    const body = new FunctionCode(this.#code);
    if (!this.#walked.has(schema)) this.#walk(schema);
    const isInItself = this.#recursive.has(schema);
    for (const field of schema.fields) body.inside(field.name, () => this.value(field.schema, body));
    body.line(`${isInItself ? 'cursor.depth--;' : ''}return p;`);
    this.#code.add(body.text(name, 'b, p', isInItself ? 'enter();' : '', ''));
    return name;
  }
}
