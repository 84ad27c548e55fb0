import type { ConfigReader } from '../config-reader.ts';
import { type FieldPath, type IngestDocument, typeName, type Value } from '../ingest-document.ts';
import { PipelineError } from '../pipeline-error.ts';

/** Treats one document in place; false drops it. Throws PipelineError. */
export type Run = (document: IngestDocument) => boolean | undefined;

/** What a processor may ask of the pipeline that it is compiled for. */
export interface CompileContext {
  /** Another pipeline's run, looked up when a document comes; undefined when there is none. */
  pipeline(id: string): Run | undefined;
  /** Compiles a processor inside another one. */
  processor(definition: Value, tag?: string): Run;
  nowMs(): number;
}

export type ProcessorFactory = (config: ConfigReader, context: CompileContext) => Run;

/** Characters that a text made by a processor may have: 16 Mi. */
export const textLengthMax = 1 << 24;

export function valueError(message: string, path?: FieldPath): PipelineError {
  return new PipelineError('HW_PIPELINE_VALUE', message, path === undefined ? {} : { field: path.text });
}

/** The field's text; null when it is absent and may be. */
export function textOf(document: IngestDocument, path: FieldPath, ignoresMissing: boolean): string | null {
  const value = fieldValue(document, path, ignoresMissing);
  if (value === null || typeof value === 'string') return value;
  throw valueError(`field [${path.text}] of type [${typeName(value)}] cannot be cast to [java.lang.String]`, path);
}

/** The field's value; null when it is absent or null and may be. */
export function fieldValue(document: IngestDocument, path: FieldPath, ignoresMissing: boolean): Value {
  const value = ignoresMissing ? document.get(path) : document.require(path);
  if (value !== undefined && value !== null) return value;
  if (ignoresMissing) return null;
  throw valueError(`field [${path.text}] is null, cannot process it.`, path);
}

/** A processor that makes a text into another value: `field`, `target_field`, `ignore_missing`; lists are made element by element. */
export function textProcessor(
  make: (text: string, path: FieldPath, document: IngestDocument) => Value,
): ProcessorFactory {
  return (config) => textRun(config, make);
}

export function textRun(
  config: ConfigReader,
  make: (text: string, path: FieldPath, document: IngestDocument) => Value,
): Run {
  const field = config.path('field');
  const target = config.path('target_field', field.text);
  const ignoresMissing = config.boolean('ignore_missing', false);
  return (document) => {
    const value = fieldValue(document, field, ignoresMissing);
    if (value === null) return;
    if (Array.isArray(value)) {
      const out = value.map((one) => {
        if (typeof one !== 'string')
          throw valueError(
            `value [${String(one)}] of type [${typeName(one)}] in list field [${field.text}] cannot be cast to [java.lang.String]`,
            field,
          );
        return make(one, field, document);
      });
      document.set(target, out);
      return;
    }
    if (typeof value !== 'string')
      throw valueError(
        `field [${field.text}] of type [${typeName(value)}] cannot be cast to [java.lang.String]`,
        field,
      );
    document.set(target, make(value, field, document));
  };
}
