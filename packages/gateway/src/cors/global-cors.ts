import { GatewayError } from '../errors.ts';
import { isObject } from '../routes/definition.ts';
import { PathPattern } from '../routes/path-pattern.ts';
import { RouteRequest } from '../routes/route-request.ts';
import { type CorsConfiguration, CorsRules } from './cors-configuration.ts';

/** `globalcors` as Spring Cloud Gateway has it: path pattern → configuration, `'[/**]'` or `/**`. */
export interface GlobalCors {
  corsConfigurations: Readonly<Record<string, CorsConfiguration>>;
}

/** The configurations by path; the first pattern that fits counts. */
export class GlobalCorsRules {
  readonly #entries: readonly { pattern: PathPattern; rules: CorsRules }[];

  /** Throws GatewayError. */
  constructor(options: GlobalCors | undefined) {
    const given: Record<string, unknown> = { ...(options ?? {}) };
    const configurations = given['corsConfigurations'] ?? given['cors-configurations'] ?? {};
    if (!isObject(configurations))
      throw new GatewayError('HW_GATEWAY_BAD_ROUTE', 'globalcors: corsConfigurations must be a map of paths');
    this.#entries = Object.entries(configurations).map(([key, value]) => {
      const path = key.replace(/^\[(.*)\]$/, '$1');
      try {
        return { pattern: new PathPattern(path), rules: new CorsRules(value, `globalcors ${path}`) };
      } catch (cause) {
        throw cause instanceof GatewayError
          ? cause
          : new GatewayError('HW_GATEWAY_BAD_ROUTE', `globalcors: ${(cause as Error).message}`, cause);
      }
    });
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  find(path: string): CorsRules | undefined {
    if (this.isEmpty) return undefined;
    const { segments, hasTrailingSlash } = new RouteRequest('GET', path, '', {}, '');
    return this.#entries.find(({ pattern }) => pattern.match(segments, hasTrailingSlash) !== null)?.rules;
  }
}
