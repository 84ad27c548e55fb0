/** Why a call of another service has no answer. */
export type CallErrorCode =
  | 'HW_SERVICE_NO_INSTANCE'
  | 'HW_SERVICE_BREAKER_OPEN'
  | 'HW_SERVICE_CALL_TIMEOUT'
  | 'HW_SERVICE_CALL_FAILED';

/** A call that came to nothing, after all its attempts. */
export class CallError extends Error {
  readonly code: CallErrorCode;
  /** Whom it was for. */
  readonly service: string;
  readonly attempts: number;

  constructor(code: CallErrorCode, service: string, attempts: number, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'CallError';
    this.code = code;
    this.service = service;
    this.attempts = attempts;
  }
}
