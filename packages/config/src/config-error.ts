/** What can go wrong in this room; `status` is what a caller over HTTP gets for it. */
export type ConfigErrorCode =
  | 'HW_CONFIG_SYNTAX'
  | 'HW_CONFIG_TOO_LARGE'
  | 'HW_CONFIG_INVALID_PROPERTY'
  | 'HW_CONFIG_NO_LABEL'
  | 'HW_CONFIG_NO_REPOSITORY'
  | 'HW_CONFIG_BAD_REQUEST'
  | 'HW_CONFIG_PLACEHOLDER'
  | 'HW_CONFIG_OPTION'
  | 'HW_CONFIG_FORBIDDEN'
  | 'HW_CONFIG_CIPHER'
  | 'HW_CONFIG_NOT_FOUND';

const statusOf: Readonly<Record<ConfigErrorCode, number>> = {
  HW_CONFIG_SYNTAX: 500,
  HW_CONFIG_TOO_LARGE: 500,
  HW_CONFIG_INVALID_PROPERTY: 500,
  HW_CONFIG_NO_LABEL: 404,
  HW_CONFIG_NO_REPOSITORY: 404,
  HW_CONFIG_BAD_REQUEST: 400,
  HW_CONFIG_PLACEHOLDER: 400,
  HW_CONFIG_OPTION: 500,
  HW_CONFIG_FORBIDDEN: 403,
  HW_CONFIG_CIPHER: 400,
  HW_CONFIG_NOT_FOUND: 404,
};

/** Where in which file something is wrong; line and column count from 1. */
export interface FilePosition {
  file?: string;
  line?: number;
  column?: number;
}

/** An error of the configuration server. The message says what to do next. */
export class ConfigError extends Error {
  readonly code: ConfigErrorCode;
  readonly status: number;
  readonly position: FilePosition;

  constructor(code: ConfigErrorCode, message: string, position: FilePosition = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ConfigError';
    this.code = code;
    this.status = statusOf[code];
    this.position = position;
  }

  /** The same error, told of a file. */
  inFile(file: string): ConfigError {
    const { line, column } = this.position;
    const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
    return new ConfigError(this.code, `${place}: ${this.message}`, { ...this.position, file }, this);
  }
}
