import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';

export interface Answer {
  status: number;
  challenge: string | undefined;
  text: string;
}

/** Calls a system that runs with --secure as a program of its machine does: trusting its authority, with a password of its file or a token. */
export class SecureCaller {
  readonly #dir: string;

  /** @param dataDir of the system */
  constructor(dataDir: string) {
    this.#dir = join(dataDir, 'secure');
  }

  get caFile(): string {
    return join(this.#dir, 'ca.pem');
  }

  passwordOf(name: string): string {
    return (JSON.parse(readFileSync(join(this.#dir, 'credentials.json'), 'utf8')) as Record<string, string>)[name]!;
  }

  basic(name: string, password = this.passwordOf(name)): string {
    return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
  }

  /** Posts where there is a body: a form where it is a text, else JSON. */
  ask(url: string, authorization?: string, body?: unknown): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const isForm = typeof body === 'string';
      const type = isForm ? 'application/x-www-form-urlencoded' : 'application/json';
      const headers = {
        ...(authorization !== undefined && { authorization }),
        ...(body !== undefined && { 'content-type': type }),
      };
      const method = body === undefined ? 'GET' : 'POST';
      const req = request(url, { method, ca: readFileSync(this.caFile), headers, agent: false }, (res) => {
        let text = '';
        res.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        res.on('end', () => resolve({ status: res.statusCode!, challenge: res.headers['www-authenticate'], text }));
      });
      req.on('error', reject).end(body === undefined || isForm ? body : JSON.stringify(body));
    });
  }

  /** A token of the identity part, by the service's own password. */
  async tokenOf(service: string, issuer: string): Promise<string> {
    const url = `${issuer}/protocol/openid-connect/token`;
    const { status, text } = await this.ask(url, this.basic(service), 'grant_type=client_credentials');
    if (status !== 200) throw new Error(`${status}: ${text}`);
    return (JSON.parse(text) as { access_token: string }).access_token;
  }
}
