import { LinearRegex } from '@headwater/regex';
import { GatewayError } from '../errors.ts';
import { isObject } from '../routes/definition.ts';

/** Who may call from other origins, and how: the keys of Spring's `corsConfigurations`, in camelCase or kebab-case. */
export interface CorsConfiguration {
  /** Exact, or `*` for all where there are no credentials. */
  allowedOrigins?: string | readonly string[];
  /** `https://*.example.org`, `https://example.org:[8080,8081]`, `*`. */
  allowedOriginPatterns?: string | readonly string[];
  /** Default GET and HEAD. `*`: every one. */
  allowedMethods?: string | readonly string[];
  /** Of requests. Default none beyond the simple ones. `*`: every one. */
  allowedHeaders?: string | readonly string[];
  /** Of answers, for scripts to see. */
  exposedHeaders?: string | readonly string[];
  allowCredentials?: boolean;
  /** How long a browser remembers what it was told, in seconds. Default 1,800. */
  maxAge?: number;
}

const known = [
  'allowedOrigins',
  'allowedOriginPatterns',
  'allowedMethods',
  'allowedHeaders',
  'exposedHeaders',
  'allowCredentials',
  'maxAge',
];

/** A configuration ready to be asked. */
export class CorsRules {
  readonly allowCredentials: boolean;
  readonly exposedHeaders: string;
  readonly maxAge: number;
  readonly #origins: ReadonlySet<string>;
  readonly #patterns: readonly LinearRegex[];
  readonly #methods: ReadonlySet<string>;
  readonly #headers: ReadonlySet<string>;

  /** Throws GatewayError; `where` says whose configuration it is. */
  constructor(value: unknown, where: string) {
    const fail = (reason: string): never => {
      throw new GatewayError('HW_GATEWAY_BAD_ROUTE', `${where}, cors: ${reason}`);
    };
    if (!isObject(value)) fail('must be a map such as { allowedOrigins: ["https://app.example"] }');
    const given: Record<string, unknown> = {};
    for (const [key, each] of Object.entries(value as Record<string, unknown>)) {
      const name = key.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
      if (!known.includes(name)) fail(`unknown key "${key}": ${known.join(', ')} are known`);
      given[name] = each;
    }
    const list = (name: string): string[] => {
      const each = given[name] ?? [];
      const items = typeof each === 'string' ? each.split(',') : isObject(each) ? Object.values(each) : each;
      if (!Array.isArray(items)) return fail(`${name} must be a list`);
      return items.map((item) => String(item).trim()).filter((item) => item !== '');
    };
    this.#origins = new Set(list('allowedOrigins').map((origin) => origin.replace(/\/$/, '').toLowerCase()));
    this.#patterns = list('allowedOriginPatterns').map(patternOf);
    if (this.#origins.size === 0 && this.#patterns.length === 0) fail('allowedOrigins is missing: give at least one');
    this.allowCredentials = String(given['allowCredentials'] ?? false) === 'true';
    if (this.allowCredentials && this.#origins.has('*'))
      fail('"*" with allowCredentials would let every page act as its visitor: list the origins, or use patterns');
    const methods = list('allowedMethods').map((method) => method.toUpperCase());
    this.#methods = new Set(methods.length === 0 ? ['GET', 'HEAD'] : methods);
    this.#headers = new Set(list('allowedHeaders').map((header) => header.toLowerCase()));
    this.exposedHeaders = list('exposedHeaders').join(', ');
    const maxAge = Number(given['maxAge'] ?? 1_800);
    if (!Number.isInteger(maxAge) || maxAge < 0) fail('maxAge must be seconds');
    this.maxAge = maxAge;
  }

  allowsOrigin(origin: string): boolean {
    const lower = origin.toLowerCase();
    if (this.#origins.has('*') || this.#origins.has(lower)) return true;
    return this.#patterns.some((pattern) => pattern.test(lower));
  }

  allowsMethod(method: string): boolean {
    return this.#methods.has('*') || this.#methods.has(method);
  }

  allowsHeader(name: string): boolean {
    return this.#headers.has('*') || this.#headers.has(name.toLowerCase());
  }

  /** What `Access-Control-Allow-Origin` says. */
  originAnswer(origin: string): string {
    return this.#origins.has('*') && !this.allowCredentials ? '*' : origin;
  }
}

/** `*` stands for anything within the host; a list of ports in brackets for one of them, or `[*]` for any or none. */
function patternOf(text: string): LinearRegex {
  if (text === '*') return new LinearRegex('.*');
  const ports = /^(.*):\[([\d,*\s]+)\]$/.exec(text.toLowerCase());
  const [head, list] = ports === null ? [text.toLowerCase(), undefined] : [ports[1]!, ports[2]!];
  const port =
    list === undefined
      ? ''
      : list.includes('*')
        ? '(?::\\d+)?'
        : `:(?:${list
            .split(',')
            .map((p) => p.trim())
            .join('|')})`;
  return new LinearRegex(head.replace(/[^\w*]/g, '\\$&').replaceAll('*', '[^/:]*') + port);
}
