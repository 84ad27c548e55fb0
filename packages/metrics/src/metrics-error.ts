export type MetricsErrorCode =
  | 'HW_METRICS_PARSE'
  | 'HW_METRICS_QUERY'
  | 'HW_METRICS_EXPOSITION'
  | 'HW_METRICS_CONFIG'
  | 'HW_METRICS_RULES'
  | 'HW_METRICS_STORE'
  | 'HW_METRICS_REMOTE';

/** Every mistake that a caller of this package can mend. */
export class MetricsError extends Error {
  readonly code: MetricsErrorCode;

  constructor(code: MetricsErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.name = 'MetricsError';
    this.code = code;
  }
}
