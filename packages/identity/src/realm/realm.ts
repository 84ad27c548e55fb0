import { randomBytes, randomUUID } from 'node:crypto';
import { IdentityError } from '../identity-error.ts';
import { checkPassword, type PasswordPolicy, parsePasswordPolicy } from '../password/password-policy.ts';
import type { Store } from '../store/store.ts';
import { knownSecrets } from './default-realm.ts';
import type {
  ClientRepresentation,
  CredentialRepresentation,
  RealmRepresentation,
  RoleRepresentation,
  UserRepresentation,
} from './realm-representation.ts';
import { type RealmWarning, realmWarnings } from './realm-warnings.ts';

/** A user as it is kept: passwords as hashes only. */
export interface User extends UserRepresentation {
  id: string;
  realmRoles: string[];
  clientRoles: Record<string, string[]>;
  credentials: CredentialRepresentation[];
}

export interface Client extends ClientRepresentation {
  id: string;
}

/** Settings of the realm: all but its users, clients and roles. */
export type RealmSettings = Omit<RealmRepresentation, 'users' | 'clients' | 'roles'>;

export interface Lifetimes {
  accessTokenSeconds: number;
  sessionIdleSeconds: number;
  sessionMaxSeconds: number;
  offlineIdleSeconds: number;
  codeSeconds: number;
  loginSeconds: number;
  deviceCodeSeconds: number;
}

/** Users, clients and roles, found by what they are asked for by, and kept in a store. */
export class Realm {
  readonly name: string;
  /** Strangers may come: secrets that everybody knows are not taken. */
  readonly isSecure: boolean;
  readonly #store: Store;
  readonly #usersByName = new Map<string, string>();
  readonly #usersByEmail = new Map<string, string>();
  readonly #clientsByClientId = new Map<string, string>();
  #policy: PasswordPolicy;

  constructor(name: string, store: Store, isSecure = false) {
    this.name = name;
    this.isSecure = isSecure;
    this.#store = store;
    for (const user of this.users()) this.#index(user);
    for (const client of this.clients()) this.#clientsByClientId.set(client.clientId, client.id);
    this.#policy = parsePasswordPolicy(this.settings.passwordPolicy);
  }

  get isEmpty(): boolean {
    return this.#store.get('Realm', 'settings') === undefined;
  }

  get settings(): RealmSettings {
    return (this.#store.get('Realm', 'settings') as RealmSettings | undefined) ?? { realm: this.name };
  }

  set settings(settings: RealmSettings) {
    this.#policy = parsePasswordPolicy(settings.passwordPolicy);
    this.#store.put('Realm', 'settings', settings);
  }

  /**
   * Whether a user may have a password.
   *
   * @throws IdentityError HW_IDENTITY_PASSWORD_POLICY saying what is missing; HW_IDENTITY_DEFAULT_SECRET
   */
  checkPassword(password: string, user: { username: string; email?: string | undefined }): void {
    checkPassword(password, user, this.#policy);
    if (this.isSecure && knownSecrets.has(password)) {
      throw new IdentityError('HW_IDENTITY_DEFAULT_SECRET', 'this is a password that everybody knows: choose another');
    }
  }

  /** In seconds, with Keycloak's defaults. */
  get lifetimes(): Lifetimes {
    const { settings } = this;
    return {
      accessTokenSeconds: settings.accessTokenLifespan ?? 300,
      sessionIdleSeconds: settings.ssoSessionIdleTimeout ?? 1_800,
      sessionMaxSeconds: settings.ssoSessionMaxLifespan ?? 36_000,
      offlineIdleSeconds: settings.offlineSessionIdleTimeout ?? 2_592_000,
      codeSeconds: settings.accessCodeLifespan ?? 60,
      loginSeconds: settings.accessCodeLifespanLogin ?? 1_800,
      deviceCodeSeconds: settings.oauth2DeviceCodeLifespan ?? 600,
    };
  }

  /** What is kept and has no effect. */
  get warnings(): RealmWarning[] {
    return realmWarnings({ clients: [...this.clients()], clientScopes: this.settings.clientScopes ?? [] });
  }

  *users(): IterableIterator<User> {
    for (const [, user] of this.#store.entries('User')) yield user as User;
  }

  *clients(): IterableIterator<Client> {
    for (const [, client] of this.#store.entries('Client')) yield client as Client;
  }

  *roles(): IterableIterator<RoleRepresentation> {
    for (const [id, role] of this.#store.entries('Role')) {
      if (!id.includes(':')) yield role as RoleRepresentation;
    }
  }

  *clientRoles(clientId: string): IterableIterator<RoleRepresentation> {
    for (const [id, role] of this.#store.entries('Role')) {
      if (id.startsWith(`${clientId}:`)) yield role as RoleRepresentation;
    }
  }

  user(id: string): User | undefined {
    return this.#store.get('User', id) as User | undefined;
  }

  /** By user name or e-mail address, in any case. */
  userByLogin(login: string): User | undefined {
    const name = login.trim().toLowerCase();
    const id = this.#usersByName.get(name) ?? this.#usersByEmail.get(name);
    return id === undefined ? undefined : this.user(id);
  }

  userByName(username: string): User | undefined {
    const id = this.#usersByName.get(username.toLowerCase());
    return id === undefined ? undefined : this.user(id);
  }

  serviceAccount(clientId: string): User | undefined {
    const user = this.userByName(`service-account-${clientId}`);
    return user?.serviceAccountClientId === clientId ? user : undefined;
  }

  client(clientId: string): Client | undefined {
    const id = this.#clientsByClientId.get(clientId);
    return id === undefined ? undefined : this.clientById(id);
  }

  clientById(id: string): Client | undefined {
    return this.#store.get('Client', id) as Client | undefined;
  }

  role(name: string, clientId?: string): RoleRepresentation | undefined {
    return this.#store.get('Role', clientId === undefined ? name : `${clientId}:${name}`) as
      | RoleRepresentation
      | undefined;
  }

  /**
   * Adds a user, or changes the one with its id.
   *
   * @throws IdentityError HW_IDENTITY_EXISTS when another has the name or the address; HW_IDENTITY_UNKNOWN for a role that is not there
   */
  putUser(given: UserRepresentation): User {
    const username = checkedName(given.username, 'username').toLowerCase();
    const user: User = {
      ...given,
      id: given.id ?? randomUUID(),
      username,
      enabled: given.enabled ?? true,
      ...(given.email ? { email: given.email.toLowerCase() } : {}),
      createdTimestamp: given.createdTimestamp ?? Date.now(),
      credentials: given.credentials ?? [],
      realmRoles: [...new Set(given.realmRoles ?? [])],
      clientRoles: given.clientRoles ?? {},
    };
    const holder = this.#usersByName.get(username) ?? (user.email ? this.#usersByEmail.get(user.email) : undefined);
    if (holder !== undefined && holder !== user.id) {
      throw new IdentityError('HW_IDENTITY_EXISTS', `User exists with same username or email: ${username}`);
    }
    for (const role of user.realmRoles) if (!this.role(role)) throw unknownRole(role);
    for (const [clientId, roles] of Object.entries(user.clientRoles)) {
      for (const role of roles) if (!this.role(role, clientId)) throw unknownRole(`${clientId}:${role}`);
    }
    const before = this.user(user.id);
    this.#store.put('User', user.id, user);
    if (before) this.#unindex(before);
    this.#index(user);
    return user;
  }

  deleteUser(id: string): void {
    const user = this.user(id);
    if (!user) return;
    this.#unindex(user);
    this.#store.delete('User', id);
  }

  /** Adds a client, or changes the one with its id. A confidential one without a secret gets one; one with a service account, its user. */
  putClient(given: ClientRepresentation): Client {
    const clientId = checkedName(given.clientId, 'clientId');
    const holder = this.#clientsByClientId.get(clientId);
    const id = given.id ?? randomUUID();
    if (holder !== undefined && holder !== id) {
      throw new IdentityError('HW_IDENTITY_EXISTS', `Client ${clientId} already exists`);
    }
    const client: Client = {
      protocol: 'openid-connect',
      enabled: true,
      publicClient: false,
      standardFlowEnabled: true,
      directAccessGrantsEnabled: false,
      serviceAccountsEnabled: false,
      redirectUris: [],
      webOrigins: [],
      attributes: {},
      protocolMappers: [],
      ...given,
      id,
    };
    if (!client.publicClient) {
      client.clientAuthenticatorType ??= 'client-secret';
      client.secret ??= randomBytes(32).toString('base64url');
    }
    const before = this.clientById(id);
    this.#store.put('Client', id, client);
    if (before) this.#clientsByClientId.delete(before.clientId);
    this.#clientsByClientId.set(clientId, id);
    if (client.serviceAccountsEnabled && !this.serviceAccount(clientId)) {
      this.putUser({ username: `service-account-${clientId}`, serviceAccountClientId: clientId });
    }
    return client;
  }

  deleteClient(id: string): void {
    const client = this.clientById(id);
    if (!client) return;
    const account = this.serviceAccount(client.clientId);
    if (account) this.deleteUser(account.id);
    for (const role of [...this.clientRoles(client.clientId)]) this.deleteRole(role.name, client.clientId);
    this.#clientsByClientId.delete(client.clientId);
    this.#store.delete('Client', id);
  }

  putRole(given: RoleRepresentation, clientId?: string): RoleRepresentation {
    const name = checkedName(given.name, 'role name');
    const role: RoleRepresentation = {
      id: given.id ?? this.role(name, clientId)?.id ?? randomUUID(),
      name,
      ...(given.description === undefined ? {} : { description: given.description }),
      composite: false,
      clientRole: clientId !== undefined,
      containerId: clientId ?? this.name,
    };
    this.#store.put('Role', clientId === undefined ? name : `${clientId}:${name}`, role);
    return role;
  }

  /** Removes a role, and takes it from all who have it. */
  deleteRole(name: string, clientId?: string): void {
    for (const user of [...this.users()]) {
      const roles = clientId === undefined ? user.realmRoles : (user.clientRoles[clientId] ?? []);
      if (!roles.includes(name)) continue;
      const rest = roles.filter((role) => role !== name);
      this.putUser(
        clientId === undefined
          ? { ...user, realmRoles: rest }
          : { ...user, clientRoles: { ...user.clientRoles, [clientId]: rest } },
      );
    }
    this.#store.delete('Role', clientId === undefined ? name : `${clientId}:${name}`);
  }

  #index(user: User): void {
    this.#usersByName.set(user.username, user.id);
    if (user.email) this.#usersByEmail.set(user.email, user.id);
  }

  #unindex(user: User): void {
    this.#usersByName.delete(user.username);
    if (user.email) this.#usersByEmail.delete(user.email);
  }
}

function unknownRole(role: string): IdentityError {
  return new IdentityError('HW_IDENTITY_UNKNOWN', `there is no role ${role}: create it first`);
}

function checkedName(name: unknown, what: string): string {
  if (typeof name !== 'string' || name.trim() === '' || name.length > 255 || /[\x00-\x1f\x7f<>&"'\\/:]/.test(name)) {
    throw new IdentityError(
      'HW_IDENTITY_REALM',
      `${what} must be 1 to 255 characters without < > & " ' \\ / : or control characters`,
    );
  }
  return name.trim();
}
