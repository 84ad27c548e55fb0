export type IdentityErrorCode =
  | 'HW_IDENTITY_REALM'
  | 'HW_IDENTITY_DEFAULT_SECRET'
  | 'HW_IDENTITY_STORE'
  | 'HW_IDENTITY_LOCKED'
  | 'HW_IDENTITY_PASSWORD_POLICY'
  | 'HW_IDENTITY_BUSY'
  | 'HW_IDENTITY_OPTIONS'
  | 'HW_IDENTITY_EXISTS'
  | 'HW_IDENTITY_UNKNOWN'
  | 'HW_IDENTITY_FULL';

/** An error of this package; the message says what to do next. */
export class IdentityError extends Error {
  readonly code: IdentityErrorCode;

  constructor(code: IdentityErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'IdentityError';
    this.code = code;
  }
}
