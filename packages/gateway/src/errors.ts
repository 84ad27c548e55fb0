/** Every code that the gateway answers or throws, with its HTTP status (0: thrown at start or by setRoutes). */
export const gatewayErrors = {
  HW_GATEWAY_BAD_ROUTE: 0,
  HW_GATEWAY_BAD_PART: 0,
  HW_GATEWAY_BAD_AUTH: 0,
  HW_GATEWAY_BAD_PATH: 400,
  HW_GATEWAY_BAD_REQUEST: 400,
  HW_GATEWAY_API_VERSION: 400,
  HW_GATEWAY_BAD_STREAMS: 400,
  HW_GATEWAY_BAD_CHANGE: 400,
  HW_GATEWAY_PATTERN_COST: 400,
  HW_GATEWAY_HEADER_TOO_LARGE: 431,
  HW_GATEWAY_BODY_TOO_LARGE: 413,
  HW_GATEWAY_CREDENTIALS: 400,
  HW_GATEWAY_LOGIN_REFUSED: 400,
  HW_GATEWAY_UNAUTHENTICATED: 401,
  HW_GATEWAY_FORBIDDEN: 403,
  HW_GATEWAY_CSRF: 403,
  HW_GATEWAY_LIMIT_KEY: 403,
  HW_GATEWAY_BODY_STALLED: 408,
  HW_GATEWAY_RATE_LIMITED: 429,
  HW_GATEWAY_CONCURRENCY: 429,
  HW_GATEWAY_CORS: 403,
  HW_GATEWAY_NOT_FOUND: 404,
  HW_GATEWAY_NO_PART: 404,
  HW_GATEWAY_NO_BREAKER: 404,
  HW_GATEWAY_UNKNOWN_INSTANCE: 404,
  HW_GATEWAY_METHOD: 405,
  HW_GATEWAY_SUNSET: 410,
  HW_GATEWAY_STAGE: 500,
  HW_GATEWAY_UPGRADE: 501,
  HW_GATEWAY_BAD_ANSWER: 502,
  HW_GATEWAY_UPSTREAM_RESET: 502,
  HW_GATEWAY_UPSTREAM_DOWN: 503,
  HW_GATEWAY_LIMITER_DOWN: 503,
  HW_GATEWAY_LOGIN_DOWN: 503,
  HW_GATEWAY_SESSIONS_DOWN: 503,
  HW_GATEWAY_UPSTREAM_BUSY: 503,
  HW_GATEWAY_NO_INSTANCE: 503,
  HW_GATEWAY_BREAKER_OPEN: 503,
  HW_GATEWAY_STREAMS_BUSY: 503,
  HW_GATEWAY_NO_CONSOLE: 503,
  HW_GATEWAY_UPSTREAM_TIMEOUT: 504,
  HW_GATEWAY_VERSION: 505,
  HW_GATEWAY_LOOP: 508,
} as const;

export type GatewayErrorCode = keyof typeof gatewayErrors;

/**
 * What the gateway throws to the program that starts or configures it.
 *
 * @example
 * try {
 *   await startGateway({ routes: [{ id: 'a', uri: 'lb://orders' }], parts: {} });
 * } catch (error) {
 *   if (error instanceof GatewayError && error.code === 'HW_GATEWAY_BAD_ROUTE') console.error(error.message);
 * }
 */
export class GatewayError extends Error {
  readonly code: GatewayErrorCode;

  constructor(code: GatewayErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'GatewayError';
    this.code = code;
  }
}
