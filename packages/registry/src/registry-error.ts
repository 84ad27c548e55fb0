import { HttpError } from '@headwater/http';

/** An error as the registry's clients know it: `{"error_code","message"}`; the HTTP status is the code's first three digits. */
export class RegistryError extends HttpError {
  readonly errorCode: number;

  constructor(errorCode: number, message: string) {
    super(errorCode > 999 ? Math.trunc(errorCode / 100) : errorCode, `HW_REGISTRY_${errorCode}`, message);
    this.name = 'RegistryError';
    this.errorCode = errorCode;
  }
}

export const errors = {
  notFound: () => new RegistryError(404, 'HTTP 404 Not Found'),
  subjectNotFound: (subject: string) => new RegistryError(40401, `Subject '${subject}' not found.`),
  versionNotFound: (version: number | string) => new RegistryError(40402, `Version ${version} not found.`),
  schemaNotFound: () => new RegistryError(40403, 'Schema not found'),
  schemaIdNotFound: (id: number | string) => new RegistryError(40403, `Schema ${id} not found`),
  subjectSoftDeleted: (subject: string) =>
    new RegistryError(40404, `Subject '${subject}' was soft deleted.Set permanent=true to delete permanently`),
  subjectNotSoftDeleted: (subject: string) =>
    new RegistryError(40405, `Subject '${subject}' was not deleted first before being permanently deleted`),
  versionSoftDeleted: (subject: string, version: number) =>
    new RegistryError(
      40406,
      `Subject '${subject}' Version ${version} was soft deleted.Set permanent=true to delete permanently`,
    ),
  versionNotSoftDeleted: (subject: string, version: number) =>
    new RegistryError(
      40407,
      `Subject '${subject}' Version ${version} was not deleted first before being permanently deleted`,
    ),
  noSubjectCompatibility: (subject: string) =>
    new RegistryError(40408, `Subject '${subject}' does not have subject-level compatibility configured`),
  noSubjectMode: (subject: string) =>
    new RegistryError(40409, `Subject '${subject}' does not have subject-level mode configured`),
  incompatible: (message: string) => new RegistryError(409, message),
  invalidSchema: (message: string) => new RegistryError(42201, message),
  invalidVersion: (version: string) =>
    new RegistryError(
      42202,
      `The specified version '${version}' is not a valid version id. Allowed values are between [1, 2^31-1] and the string "latest"`,
    ),
  invalidLevel: () =>
    new RegistryError(
      42203,
      'Invalid compatibility level. Valid values are none, backward, forward, full, backward_transitive, forward_transitive, and full_transitive',
    ),
  invalidPolicy: (policy: string) =>
    new RegistryError(42203, `Invalid compatibility policy '${policy}'. Valid values are STRICT and LENIENT`),
  invalidMode: () =>
    new RegistryError(42204, 'Invalid mode. Valid values are READWRITE, READONLY, IMPORT and FORWARD.'),
  forwardNotGlobal: () => new RegistryError(42204, 'Forward mode only supported on global level'),
  notPermitted: (message: string) => new RegistryError(42205, message),
  readOnly: (subject: string, context: string) =>
    new RegistryError(42205, `Subject ${subject} in context ${context} is in read-only mode`),
  notImporting: (subject: string, context: string) =>
    new RegistryError(42205, `Subject ${subject} in context ${context} is not in import mode`),
  notWritable: (subject: string, context: string) =>
    new RegistryError(42205, `Subject ${subject} in context ${context} is not in read-write mode`),
  idTaken: (id: number, context: string) =>
    new RegistryError(42205, `Overwrite new schema with id ${id} in context ${context} is not permitted.`),
  referenceExists: (subject: string, version: number) =>
    new RegistryError(
      42206,
      `One or more references exist to the schema {magic=1,keytype=SCHEMA,subject=${subject},version=${version}}.`,
    ),
  idMismatch: (id: number) => new RegistryError(42207, `Schema already registered with id other than input id ${id}`),
  invalidSubject: (subject: string) => new RegistryError(42208, `The specified subject '${subject}' is not a valid.`),
  tooLarge: (message: string) => new RegistryError(42209, message),
  invalidRuleSet: (message: string) => new RegistryError(42210, message),
  contextNotEmpty: (context: string) => new RegistryError(42211, `The specified context '${context}' is not empty.`),
  store: (message: string) => new RegistryError(50001, message),
  timeout: (message: string) => new RegistryError(50002, message),
  forwarding: (message: string) => new RegistryError(50003, message),
  unknownLeader: (message: string) => new RegistryError(50004, message),
} as const;
