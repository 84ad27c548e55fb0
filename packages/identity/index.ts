export type { AuditEvent, AuditSink } from './src/audit/audit-log.ts';
export { IdentityError, type IdentityErrorCode } from './src/identity-error.ts';
export type {
  ClientRepresentation,
  CredentialRepresentation,
  ProtocolMapperRepresentation,
  RealmRepresentation,
  RoleRepresentation,
  UserRepresentation,
} from './src/realm/realm-representation.ts';
export { type Identity, type IdentityOptions, startIdentity } from './src/start-identity.ts';
