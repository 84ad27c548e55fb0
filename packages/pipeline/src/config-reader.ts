import { type FieldPath, fieldPath, isObject, typeName, type Value } from './ingest-document.ts';
import { PipelineError } from './pipeline-error.ts';
import { compileTemplate, type Template } from './template.ts';

/** The properties of one processor; those that nobody has asked for are refused at the end. */
export class ConfigReader {
  readonly processor: string;
  readonly tag: string | undefined;
  readonly #config: Record<string, Value>;
  readonly #unread: Set<string>;

  constructor(processor: string, config: Record<string, Value>) {
    this.processor = processor;
    this.#config = config;
    this.#unread = new Set(Object.keys(config));
    this.tag = this.text('tag', null) ?? undefined;
  }

  error(name: string, message: string): PipelineError {
    return new PipelineError('HW_PIPELINE_DEFINITION', `[${name}] ${message}`, {
      processor: this.processor,
      tag: this.tag,
      field: name,
    });
  }

  notServed(name: string, message: string): PipelineError {
    return new PipelineError('HW_PIPELINE_NOT_SERVED', `[${name}] ${message}`, {
      processor: this.processor,
      tag: this.tag,
      field: name,
    });
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#config, name) && this.#config[name] !== null;
  }

  raw(name: string): Value {
    this.#unread.delete(name);
    return this.has(name) ? this.#config[name] : undefined;
  }

  requireRaw(name: string): Value {
    const value = this.raw(name);
    if (value === undefined) throw this.error(name, 'required property is missing');
    return value;
  }

  /** Without a fallback the property is required; null as fallback means that it may be absent. */
  text(name: string): string;
  text<T extends string | null>(name: string, fallback: T): string | T;
  text(name: string, fallback?: string | null): string | null {
    const value = fallback === undefined ? this.requireRaw(name) : this.raw(name);
    if (value === undefined) return fallback!;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    if (typeof value !== 'string') throw this.error(name, `property isn't a string, but of type [${typeName(value)}]`);
    return value;
  }

  boolean(name: string, fallback: boolean): boolean {
    const value = this.raw(name);
    if (value === undefined) return fallback;
    if (value === 'true' || value === 'false') return value === 'true';
    if (typeof value !== 'boolean')
      throw this.error(name, `property isn't a boolean, but of type [${typeName(value)}]`);
    return value;
  }

  integer(name: string, fallback: number): number {
    const value = this.raw(name);
    if (value === undefined) return fallback;
    const number = typeof value === 'string' && /^-?\d{1,9}$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isInteger(number))
      throw this.error(name, 'property cannot be converted to an int');
    return number;
  }

  /** A list of strings, or one string. */
  texts(name: string): string[] | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    const list = Array.isArray(value) ? value : [value];
    return list.map((one) => {
      if (typeof one !== 'string')
        throw this.error(name, `property isn't a list of strings: it holds [${typeName(one)}]`);
      return one;
    });
  }

  object(name: string): Record<string, Value> | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (!isObject(value)) throw this.error(name, `property isn't a map, but of type [${typeName(value)}]`);
    return value;
  }

  path(name: string, fallback?: string): FieldPath {
    const text = fallback === undefined ? this.text(name) : this.text(name, fallback);
    return this.#placed(name, () => fieldPath(text));
  }

  template(name: string): Template {
    const text = this.text(name);
    return this.#placed(name, () => compileTemplate(text));
  }

  #placed<T>(name: string, make: () => T): T {
    try {
      return make();
    } catch (error) {
      throw this.error(name, (error as Error).message);
    }
  }

  /** Refuses what is left over. */
  finish(): void {
    if (this.#unread.size === 0) return;
    const names = [...this.#unread];
    throw new PipelineError(
      'HW_PIPELINE_DEFINITION',
      `processor [${this.processor}] doesn't support one or more provided configuration parameters [${names.join(', ')}]`,
      { processor: this.processor, tag: this.tag, field: names[0]! },
    );
  }
}
