/** What stops the command itself: a stable code and a message that says what to do. */
export class HeadwaterError extends Error {
  readonly code: string;

  constructor(code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'HeadwaterError';
    this.code = code;
  }
}
