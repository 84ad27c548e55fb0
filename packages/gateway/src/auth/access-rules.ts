import { GatewayError } from '../errors.ts';
import { isObject } from '../routes/definition.ts';
import { PathPattern } from '../routes/path-pattern.ts';
import type { RouteRequest } from '../routes/route-request.ts';
import { type Access, parseAccess } from './access-expression.ts';

/**
 * One line of what Spring Security's `authorizeExchange` holds: for these paths and methods, this access.
 *
 * @example
 * const rules: AccessRule[] = [
 *   { paths: ['/public/**'], access: 'permitAll' },
 *   { paths: ['/orders/**'], methods: ['GET'], access: "hasAnyRole('viewer', 'operator')" },
 *   { access: 'authenticated' },
 * ];
 */
export interface AccessRule {
  /** Patterns as of the predicate `Path`. Default: every path. */
  paths?: string | readonly string[];
  /** Default: every method. */
  methods?: string | readonly string[];
  /** `permitAll`, `denyAll`, `authenticated`, `hasRole('admin')`, … */
  access: string;
}

interface Rule {
  patterns: readonly PathPattern[] | undefined;
  methods: ReadonlySet<string> | undefined;
  access: Access;
}

/**
 * What holds where the configuration gives no rules, and behind its last one: whoever calls must have said who; what the gateway itself has can be
 * changed by operators. What a part's callers may do there is for the part to say.
 */
export const defaultRules: readonly AccessRule[] = [
  { paths: '/api/gateway/**', methods: ['GET', 'HEAD'], access: 'authenticated' },
  { paths: '/api/gateway/**', access: "hasAnyRole('operator', 'admin')" },
  { access: 'authenticated' },
];

/** The first rule that takes a request says what is asked of its caller. */
export class AccessRules {
  readonly #rules: readonly Rule[];

  constructor(rules: readonly AccessRule[] = []) {
    if (!Array.isArray(rules)) throw new GatewayError('HW_GATEWAY_BAD_AUTH', 'auth.rules must be a list');
    this.#rules = [...rules, ...defaultRules].map((rule, i) => compile(rule, `auth.rules, rule ${i + 1}`));
  }

  find(request: RouteRequest): Access {
    for (const { patterns, methods, access } of this.#rules) {
      if (methods !== undefined && !methods.has(request.method)) continue;
      if (
        patterns === undefined ||
        patterns.some((pattern) => pattern.match(request.segments, request.hasTrailingSlash))
      )
        return access;
    }
    // The last default rule takes everything.
    throw new Error('unreachable');
  }
}

const known = ['paths', 'path', 'pathMatchers', 'methods', 'method', 'access'];

function compile(value: unknown, where: string): Rule {
  const fail = (reason: string): never => {
    throw new GatewayError('HW_GATEWAY_BAD_AUTH', `${where}: ${reason}`);
  };
  if (!isObject(value)) return fail('must be a map with paths, methods, access');
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) fail(`unknown key "${unknown}": paths, methods and access are known`);
  if (typeof value['access'] !== 'string') fail("access is missing, such as authenticated or hasRole('admin')");
  const paths = texts(value['paths'] ?? value['path'] ?? value['pathMatchers']);
  const methods = texts(value['methods'] ?? value['method'])?.map((method) => method.toUpperCase());
  const patterns = paths?.map((path) => {
    try {
      return new PathPattern(path);
    } catch (cause) {
      return fail((cause as Error).message);
    }
  });
  // HEAD is GET without the body: whoever may not have the one may not have the other.
  if (methods?.includes('GET')) methods.push('HEAD');
  return {
    patterns,
    methods: methods === undefined ? undefined : new Set(methods),
    access: parseAccess(value['access'] as string, fail),
  };
}

function texts(value: unknown): string[] | undefined {
  if (value === undefined || value === null) return undefined;
  return (Array.isArray(value) ? value : String(value).split(',')).map((text) => String(text).trim());
}
