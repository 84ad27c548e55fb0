import { HeadwaterError } from '../headwater-error.ts';

export interface RealmUser {
  id: string;
  username: string;
  enabled?: boolean;
}

interface Role {
  id: string;
  name: string;
}

const pageUsers = 500;

/** Keycloak's admin REST API, as far as `headwater users` needs it. */
export class RealmAdmin {
  readonly #issuer: string;
  readonly #base: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #signal: AbortSignal;
  #authorization: Promise<Record<string, string>> | undefined;

  constructor(issuer: string, env: NodeJS.ProcessEnv, signal: AbortSignal) {
    this.#issuer = issuer.replace(/\/$/, '');
    if (!/^https?:\/\/.+\/realms\/[^/]+$/.test(this.#issuer)) {
      throw new HeadwaterError(
        'HW_CLI_USAGE',
        `${issuer} is no issuer: such as http://127.0.0.1:8180/realms/headwater`,
      );
    }
    this.#base = this.#issuer.replace(/\/realms\/([^/]+)$/, '/admin/realms/$1');
    this.#env = env;
    this.#signal = signal;
  }

  async users(): Promise<RealmUser[]> {
    const users: RealmUser[] = [];
    for (;;) {
      const page = await this.#read<RealmUser[]>(`/users?first=${users.length}&max=${pageUsers}`);
      users.push(...page);
      if (page.length < pageUsers) return users;
    }
  }

  /** @throws HeadwaterError HW_USERS_UNKNOWN */
  async user(username: string): Promise<RealmUser> {
    const [user] = await this.#read<RealmUser[]>(`/users?username=${encodeURIComponent(username)}&exact=true`);
    if (!user) throw new HeadwaterError('HW_USERS_UNKNOWN', `there is no user ${username}: headwater users list`);
    return user;
  }

  async add(username: string, password: string, email?: string): Promise<string> {
    await this.#send('POST', '/users', {
      username,
      enabled: true,
      ...(email === undefined ? {} : { email }),
      credentials: [{ type: 'password', value: password, temporary: false }],
    });
    return (await this.user(username)).id;
  }

  async setPassword(id: string, value: string): Promise<void> {
    await this.#send('PUT', `/users/${id}/reset-password`, { type: 'password', value, temporary: false });
  }

  async remove(id: string): Promise<void> {
    await this.#send('DELETE', `/users/${id}`);
  }

  async rolesOf(id: string): Promise<string[]> {
    return (await this.#read<Role[]>(`/users/${id}/role-mappings/realm`)).map(({ name }) => name);
  }

  /** Roles of the realm by name. Throws for one that is not there. */
  async roles(names: readonly string[]): Promise<Role[]> {
    return await Promise.all(names.map((name) => this.#read<Role>(`/roles/${encodeURIComponent(name)}`)));
  }

  /** The user has these roles of the realm afterwards, and no others. */
  async setRoles(id: string, names: readonly string[]): Promise<void> {
    const wanted = await this.roles(names);
    const before = await this.#read<Role[]>(`/users/${id}/role-mappings/realm`);
    const path = `/users/${id}/role-mappings/realm`;
    const added = wanted.filter(({ name }) => !before.some((role) => role.name === name));
    const taken = before.filter(({ name }) => !names.includes(name));
    if (added.length > 0) await this.#send('POST', path, added);
    if (taken.length > 0) await this.#send('DELETE', path, taken);
  }

  async #read<Result>(path: string): Promise<Result> {
    return (await (await this.#send('GET', path)).json()) as Result;
  }

  async #send(method: string, path: string, body?: unknown): Promise<Response> {
    this.#authorization ??= this.#authorize();
    const headers = { ...(await this.#authorization), 'content-type': 'application/json' };
    const response = await this.#fetch(this.#base + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (response.ok) return response;
    const answer = (await response.json().catch(() => ({}))) as { errorMessage?: string; error?: { message?: string } };
    const said = answer.errorMessage ?? answer.error?.message ?? `status ${response.status}`;
    if (response.status === 401 || response.status === 403) {
      throw new HeadwaterError(
        'HW_USERS_REFUSED',
        `${this.#issuer} does not let you: ${said}. Set HEADWATER_TOKEN to an access token of an administrator, or HEADWATER_CLIENT_ID and HEADWATER_CLIENT_SECRET to a client with the role admin`,
      );
    }
    throw new HeadwaterError('HW_USERS_FAILED', `${method} ${path.split('?')[0]}: ${said}`);
  }

  /** A token that is given, or one of a client that is given; on a developer's loopback neither is needed. */
  async #authorize(): Promise<Record<string, string>> {
    const { HEADWATER_TOKEN: token, HEADWATER_CLIENT_ID: id, HEADWATER_CLIENT_SECRET: secret } = this.#env;
    if (token) return { authorization: `Bearer ${token}` };
    if (!id || !secret) return {};
    const response = await this.#fetch(`${this.#issuer}/protocol/openid-connect/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: secret }),
    });
    const answer = (await response.json().catch(() => ({}))) as { access_token?: string; error?: string };
    if (answer.access_token) return { authorization: `Bearer ${answer.access_token}` };
    throw new HeadwaterError(
      'HW_USERS_REFUSED',
      `${this.#issuer} gives ${id} no token: ${answer.error ?? response.status}`,
    );
  }

  async #fetch(url: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(url, { ...init, signal: AbortSignal.any([this.#signal, AbortSignal.timeout(30_000)]) });
    } catch (cause) {
      throw new HeadwaterError(
        'HW_USERS_UNREACHABLE',
        `${this.#issuer} does not answer: start it (headwater run identity), or say where it is with --identity URL`,
        cause,
      );
    }
  }
}
