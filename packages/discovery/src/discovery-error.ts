import { HttpError } from '@headwater/http';

export type DiscoveryErrorCode =
  | 'HW_DISCOVERY_BODY'
  | 'HW_DISCOVERY_INVALID_INSTANCE'
  | 'HW_DISCOVERY_UNKNOWN_APP'
  | 'HW_DISCOVERY_UNKNOWN_INSTANCE'
  | 'HW_DISCOVERY_NOT_IN_SYNC'
  | 'HW_DISCOVERY_STATUS'
  | 'HW_DISCOVERY_PARAMETER'
  | 'HW_DISCOVERY_NOT_ACCEPTABLE'
  | 'HW_DISCOVERY_MEDIA_TYPE'
  | 'HW_DISCOVERY_FULL'
  | 'HW_DISCOVERY_TOO_MANY_WATCHERS';

/** An answer that says no. `text`: Eureka answers this one with a plain text. */
export class DiscoveryError extends HttpError {
  override readonly code: DiscoveryErrorCode;
  readonly text: string | undefined;

  constructor(
    status: number,
    code: DiscoveryErrorCode,
    message: string,
    options: { text?: string; details?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(status, code, message, options.details ?? {}, options.cause);
    this.name = 'DiscoveryError';
    this.code = code;
    this.text = options.text;
  }
}
