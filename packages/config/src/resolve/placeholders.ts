import { ConfigError } from '../config-error.ts';

/** Placeholders that name each other could double without end: what one text may grow to. */
const maxLength = 4 * 1024 * 1024;
const maxDepth = 100;

export type Lookup = (key: string) => string | undefined;

/**
 * Replaces `${key}` and `${key:default}` in a text; keys and defaults may hold placeholders, values are resolved too, and what nobody
 * knows stays as it is. `\${` is `${` in the answer.
 *
 * Throws HW_CONFIG_PLACEHOLDER when placeholders lead back to themselves, nest too deep, or grow beyond 4 MiB.
 */
export function resolvePlaceholders(text: string, lookup: Lookup): string {
  if (!text.includes('${')) return text;
  const masked = text.replace(/\\{1,2}\$\{/g, '$_{');
  return new Resolution(lookup).replace(masked, 0).replaceAll('$_{', '${');
}

/** As above without taking `\${` away first: what Boot does inside of its own properties. */
export function resolveProperty(text: string, lookup: Lookup): string {
  return text.includes('${') ? new Resolution(lookup).replace(text, 0) : text;
}

class Resolution {
  readonly #lookup: Lookup;
  readonly #open = new Set<string>();
  #length = 0;

  constructor(lookup: Lookup) {
    this.#lookup = lookup;
  }

  replace(text: string, depth: number): string {
    if (depth > maxDepth) throw new ConfigError('HW_CONFIG_PLACEHOLDER', 'placeholders are nested too deep');
    let result = '';
    let at = 0;
    for (let start = text.indexOf('${'); start !== -1; start = text.indexOf('${', at)) {
      const end = closing(text, start + 2);
      if (end === -1) {
        result += text.slice(at, start + 2);
        at = start + 2;
      } else if (start > 0 && text[start - 1] === '\\') {
        result += `${text.slice(at, start - 1)}\${`;
        at = start + 2;
      } else {
        result += text.slice(at, start) + this.#placeholder(text.slice(start + 2, end), depth);
        at = end + 1;
      }
      this.#grow(result.length);
    }
    return result + text.slice(at);
  }

  #placeholder(body: string, depth: number): string {
    if (!body.includes('${')) {
      const { key, fallback } = split(body);
      const whole = body === key ? undefined : this.#value(body, depth);
      return whole ?? this.#value(key, depth) ?? fallback ?? `\${${key}}`;
    }
    // The separator counts outside of nested placeholders only.
    const colon = separator(body);
    const key = this.replace(unescaped(colon === -1 ? body : body.slice(0, colon)), depth + 1);
    const value = this.#value(key, depth);
    if (value !== undefined) return value;
    return colon === -1 ? `\${${key}}` : this.replace(body.slice(colon + 1), depth + 1);
  }

  #value(key: string, depth: number): string | undefined {
    const value = this.#lookup(key);
    if (value === undefined || !value.includes('${')) return value;
    if (this.#open.has(key)) {
      throw new ConfigError('HW_CONFIG_PLACEHOLDER', `the placeholder \${${key}} leads back to itself`);
    }
    this.#open.add(key);
    const resolved = this.replace(value, depth + 1);
    this.#open.delete(key);
    return resolved;
  }

  #grow(length: number): void {
    this.#length += length;
    if (length > maxLength || this.#length > 16 * maxLength) {
      throw new ConfigError('HW_CONFIG_PLACEHOLDER', `placeholders grow beyond ${maxLength} characters`);
    }
  }
}

function closing(text: string, from: number): number {
  let depth = 0;
  for (let i = from; i < text.length; i++) {
    if (text[i] === '}') {
      if (depth === 0) return i;
      depth -= 1;
    } else if (text[i] === '{') depth += 1;
  }
  return -1;
}

function split(body: string): { key: string; fallback?: string } {
  const colon = separator(body);
  return colon === -1
    ? { key: unescaped(body) }
    : { key: unescaped(body.slice(0, colon)), fallback: body.slice(colon + 1) };
}

function separator(body: string): number {
  let depth = 0;
  for (let i = 0; i < body.length; i++) {
    const char = body[i];
    if (char === '{' && body[i - 1] === '$') depth += 1;
    else if (char === '}' && depth > 0) depth -= 1;
    else if (char === ':' && depth === 0 && body[i - 1] !== '\\') return i;
  }
  return -1;
}

function unescaped(key: string): string {
  return key.replaceAll('\\:', ':');
}
