/** `HW_SERDES_REGISTRY`: the registry answered no. `HW_SERDES_REGISTRY_AWAY`: none of its addresses gave an answer. */
export type RegistryClientErrorCode = 'HW_SERDES_REGISTRY' | 'HW_SERDES_REGISTRY_AWAY';

export class RegistryClientError extends Error {
  readonly code: RegistryClientErrorCode;
  /** HTTP status of the answer. */
  readonly status: number | undefined;
  /** The registry's own, such as 40403. */
  readonly errorCode: number | undefined;

  constructor(
    code: RegistryClientErrorCode,
    message: string,
    options: ErrorOptions & { status?: number; errorCode?: number } = {},
  ) {
    const { status, errorCode, ...rest } = options;
    super(message, rest);
    this.name = 'RegistryClientError';
    this.code = code;
    this.status = status;
    this.errorCode = errorCode;
  }

  /** The registry knows no such thing: asking again soon gives the same answer. */
  get isNotFound(): boolean {
    return this.status === 404;
  }
}
