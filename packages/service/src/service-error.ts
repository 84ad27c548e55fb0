/** What went wrong: the README says what to do about each. */
export type ServiceErrorCode =
  | 'HW_SERVICE_SCHEMA'
  | 'HW_SERVICE_TOPIC'
  | 'HW_SERVICE_TOMBSTONE'
  | 'HW_SERVICE_CLOSED'
  | 'HW_SERVICE_OPTION'
  | 'HW_SERVICE_CONFIG'
  | 'HW_SERVICE_CONFIG_AWAY';

/** The error class of this package; what clients and serializers throw comes through as it is. */
export class ServiceError extends Error {
  readonly code: ServiceErrorCode;

  constructor(code: ServiceErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.name = 'ServiceError';
    this.code = code;
  }
}
