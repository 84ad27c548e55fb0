import { HttpError } from '@headwater/http';
import type {
  ClientRepresentation,
  CredentialRepresentation,
  ProtocolMapperRepresentation,
  RoleRepresentation,
  UserRepresentation,
} from '../realm/realm-representation.ts';

type Fields = Record<string, unknown>;

function bad(message: string): HttpError {
  return new HttpError(400, 'HW_IDENTITY_INPUT', message);
}

export function asObject(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad(`${what} must be a JSON object`);
  return value as Fields;
}

export function asList(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value)) throw bad(`${what} must be a list`);
  return value;
}

const texts = (value: unknown, what: string): string[] =>
  asList(value, what).map((item) => {
    if (typeof item !== 'string' || item.length > 2_048) throw bad(`${what} must be a list of texts`);
    return item;
  });

const textMap = (value: unknown, what: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(asObject(value, what)).map(([key, item]) => {
      if (typeof item !== 'string') throw bad(`${what}.${key} must be a text`);
      return [key, item];
    }),
  );

const listMap = (value: unknown, what: string): Record<string, string[]> =>
  Object.fromEntries(Object.entries(asObject(value, what)).map(([key, item]) => [key, texts(item, `${what}.${key}`)]));

/** Takes the members that are there, each checked; members that are not known are left out, as Keycloak's clients send many. */
function take<Result>(
  fields: Fields,
  kinds: Record<string, 'text' | 'flag' | 'number' | ((value: unknown, what: string) => unknown)>,
): Result {
  const taken: Fields = {};
  for (const [name, kind] of Object.entries(kinds)) {
    const value = fields[name];
    if (value === undefined || value === null) continue;
    if (typeof kind === 'function') taken[name] = kind(value, name);
    else {
      const type = kind === 'text' ? 'string' : kind === 'flag' ? 'boolean' : 'number';
      if (typeof value !== type || (type === 'string' && (value as string).length > 4_096))
        throw bad(`${name} must be a ${kind}`);
      taken[name] = value;
    }
  }
  return taken as Result;
}

export function credentialInput(value: unknown): CredentialRepresentation {
  return take(asObject(value, 'credential'), {
    type: 'text',
    value: 'text',
    temporary: 'flag',
    createdDate: 'number',
    secretData: 'text',
    credentialData: 'text',
  });
}

export function userInput(value: unknown): Partial<UserRepresentation> {
  return take(asObject(value, 'user'), {
    username: 'text',
    enabled: 'flag',
    email: 'text',
    emailVerified: 'flag',
    firstName: 'text',
    lastName: 'text',
    attributes: listMap,
    requiredActions: texts,
    realmRoles: texts,
    clientRoles: listMap,
    credentials: (list: unknown) => asList(list, 'credentials').map(credentialInput),
  });
}

export function roleInput(value: unknown): RoleRepresentation {
  const role = take<Partial<RoleRepresentation>>(asObject(value, 'role'), {
    id: 'text',
    name: 'text',
    description: 'text',
  });
  if (role.name === undefined) throw bad('a role needs a name');
  return role as RoleRepresentation;
}

function mapperInput(value: unknown): ProtocolMapperRepresentation {
  return take(asObject(value, 'protocolMapper'), {
    id: 'text',
    name: 'text',
    protocol: 'text',
    protocolMapper: 'text',
    consentRequired: 'flag',
    config: textMap,
  });
}

export function clientInput(value: unknown): Partial<ClientRepresentation> {
  return take(asObject(value, 'client'), {
    clientId: 'text',
    name: 'text',
    description: 'text',
    enabled: 'flag',
    protocol: 'text',
    publicClient: 'flag',
    bearerOnly: 'flag',
    clientAuthenticatorType: 'text',
    secret: 'text',
    serviceAccountsEnabled: 'flag',
    standardFlowEnabled: 'flag',
    implicitFlowEnabled: 'flag',
    directAccessGrantsEnabled: 'flag',
    consentRequired: 'flag',
    rootUrl: 'text',
    baseUrl: 'text',
    redirectUris: texts,
    webOrigins: texts,
    attributes: textMap,
    protocolMappers: (list: unknown) => asList(list, 'protocolMappers').map(mapperInput),
    defaultClientScopes: texts,
    optionalClientScopes: texts,
  });
}

export function realmInput(value: unknown): Record<string, unknown> {
  return take(asObject(value, 'realm'), {
    displayName: 'text',
    sslRequired: 'text',
    accessTokenLifespan: positive,
    ssoSessionIdleTimeout: positive,
    ssoSessionMaxLifespan: positive,
    offlineSessionIdleTimeout: positive,
    accessCodeLifespan: positive,
    accessCodeLifespanLogin: positive,
    oauth2DeviceCodeLifespan: positive,
    oauth2DevicePollingInterval: positive,
    passwordPolicy: 'text',
  });
}

function positive(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value <= 0 || value > 10 * 365 * 24 * 3_600) {
    throw bad(`${what} must be a whole number of seconds`);
  }
  return value;
}
