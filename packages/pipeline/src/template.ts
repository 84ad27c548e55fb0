import {
  copyValue,
  type FieldPath,
  fieldPath,
  type IngestDocument,
  isObject,
  type Source,
  setKey,
  type Value,
} from './ingest-document.ts';
import { PipelineError } from './pipeline-error.ts';

const renderedLengthMax = 1 << 20;

/** Text with `{{field}}` (escaped for JSON) and `{{{field}}}` (as it is); a field that is absent is the empty text. */
export interface Template {
  readonly text: string;
  /** Whether it is the same for every document. */
  readonly isConstant: boolean;
  render(document: IngestDocument): string;
}

export function compileTemplate(text: string): Template {
  const parts: (string | { path: FieldPath; isRaw: boolean })[] = [];
  let at = 0;
  for (;;) {
    const open = text.indexOf('{{', at);
    if (open === -1) break;
    if (open > at) parts.push(text.slice(at, open));
    const isTriple = text[open + 2] === '{';
    const start = open + (isTriple ? 3 : 2);
    const close = text.indexOf(isTriple ? '}}}' : '}}', start);
    if (close === -1)
      throw new PipelineError('HW_PIPELINE_DEFINITION', `the template "${text}" has no end for "{{"`, {
        position: open,
      });
    let name = text.slice(start, close).trim();
    const isRaw = isTriple || name.startsWith('&');
    if (name.startsWith('&')) name = name.slice(1).trim();
    if (/^[#/^>!=]/.test(name))
      throw new PipelineError(
        'HW_PIPELINE_NOT_SERVED',
        `the template "${text}" uses {{${name}}}: only fields are served`,
        { position: open },
      );
    parts.push({ path: fieldPath(name), isRaw });
    at = close + (isTriple ? 3 : 2);
  }
  if (at < text.length) parts.push(text.slice(at));
  const isConstant = parts.every((part) => typeof part === 'string');
  return {
    text,
    isConstant,
    render(document) {
      if (isConstant) return text;
      let out = '';
      for (const part of parts) {
        if (typeof part === 'string') out += part;
        else {
          const shown = show(document.get(part.path));
          out += part.isRaw ? shown : JSON.stringify(shown).slice(1, -1);
          if (out.length > renderedLengthMax)
            throw new PipelineError(
              'HW_PIPELINE_TOO_COSTLY',
              `the text of a template is longer than ${renderedLengthMax} characters`,
            );
        }
      }
      return out;
    },
  };
}

/** Text of a value as Java shows it: `[a, b]`, `{k=v}`. */
export function show(value: Value): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  if (isObject(value))
    return `{${Object.entries(value)
      .map(([key, one]) => `${key}=${show(one)}`)
      .join(', ')}}`;
  return String(value);
}

/** A value of a definition, with templates in its texts, made anew for every document. */
export function compileValue(value: Value): (document: IngestDocument) => Value {
  if (typeof value === 'string') {
    const template = compileTemplate(value);
    return template.isConstant ? () => value : (document) => template.render(document);
  }
  if (Array.isArray(value)) {
    const parts = value.map(compileValue);
    return (document) => parts.map((part) => part(document));
  }
  if (isObject(value)) {
    const parts = Object.entries(value).map(([key, one]) => [compileTemplate(key), compileValue(one)] as const);
    return (document) => {
      const out: Source = {};
      for (const [key, one] of parts) setKey(out, key.render(document), one(document));
      return out;
    };
  }
  return () => copyValue(value);
}
