import { type JsonValue, jsonText, sortedJson } from '../json/json-value.ts';
import { parseFirstJson } from '../json/parse-json.ts';
import type { ParsedSchema, ReferencedTexts } from '../schema.ts';
import { SchemaError } from '../schema-error.ts';
import { SchemaDocuments } from './documents.ts';
import { draftOf, isModern, type JsonSchemaDraft } from './draft.ts';
import { withJavaNumbers } from './java-numbers.ts';
import { loadClassic } from './load-classic.ts';
import { loadModern } from './load-modern.ts';
import type { JsonSchemaNode } from './schema-node.ts';

/** A JSON Schema that was understood: drafts 4, 6, 7, 2019-09 and 2020-12; without a `$schema` it is draft 7. */
export class ParsedJsonSchema implements ParsedSchema {
  readonly schemaType = 'JSON';
  readonly draft: JsonSchemaDraft;
  /** The schema with every digit and in its order. */
  readonly json: JsonValue;
  /** What it refers to, by the names that it uses. */
  readonly references: ReadonlyMap<string, JsonValue>;
  /** What compatibility is judged by. */
  readonly root: JsonSchemaNode;
  readonly canonical: string;

  /** @throws SchemaError */
  constructor(text: string, references: ReferencedTexts = new Map()) {
    this.json = withJavaNumbers(parseFirstJson(text));
    if (typeof this.json !== 'boolean' && !(this.json instanceof Map)) {
      throw new SchemaError('A JSON Schema is an object, true or false');
    }
    this.references = new Map(Array.from(references, ([name, each]) => [name, parseFirstJson(each)]));
    this.draft = draftOf(this.json);
    const documents = new SchemaDocuments(this.json, this.references, this.draft);
    this.root = load(documents, this.draft);
    this.canonical = jsonText(this.json);
  }

  /** The `title`. */
  get fullName(): string | undefined {
    const title = this.json instanceof Map ? this.json.get('title') : undefined;
    return typeof title === 'string' ? title : undefined;
  }

  normalized(): string {
    return jsonText(sortedJson(this.json));
  }

  /** There are no other formats of a JSON Schema; the reference answers any with the text. */
  formatted(_format: string): string {
    return this.canonical;
  }
}

function load(documents: SchemaDocuments, draft: JsonSchemaDraft): JsonSchemaNode {
  try {
    return isModern(draft) ? loadModern(documents) : loadClassic(documents, draft);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new SchemaError('Its references lead from one to the next too many times', '', { cause: error });
  }
}
