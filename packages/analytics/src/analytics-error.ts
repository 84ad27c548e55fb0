export type AnalyticsErrorCode =
  | 'HW_ANALYTICS_CREATE'
  | 'HW_ANALYTICS_OPEN'
  | 'HW_ANALYTICS_DATA_DIR_IN_USE'
  | 'HW_ANALYTICS_OPTION';

/** What the analytics store throws at its own user; what clients are told has an SQLSTATE instead. */
export class AnalyticsError extends Error {
  readonly code: AnalyticsErrorCode;

  constructor(code: AnalyticsErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'AnalyticsError';
    this.code = code;
  }
}
