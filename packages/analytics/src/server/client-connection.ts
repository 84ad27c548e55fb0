import { randomInt } from 'node:crypto';
import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import { authenticationSasl, errorResponse } from '../protocol/backend-messages.ts';
import { frontend } from '../protocol/message-types.ts';
import { readText } from '../protocol/read-messages.ts';
import { optionSettings, readStartup } from '../protocol/startup-message.ts';
import { ClientSession, type SessionClient, type SessionLimits } from '../session/client-session.ts';
import type { Database } from '../session/database.ts';
import { ScramLogin, type ScramUsers } from './scram.ts';

/** What a connection needs of its server. */
export interface ConnectionHost {
  readonly limits: SessionLimits;
  nextId(): number;
  /** A client that is to have a session. @returns false: there are as many as may be */
  admit(connection: ClientConnection): boolean;
  /** Finds a database, or makes it. Throws with `sqlState`. */
  database(name: string): Promise<Database>;
  cancel(id: number, secret: number): void;
  /** Default: no TLS is spoken. With it, it is asked for. */
  readonly tls: SecureContext | undefined;
  /** Who may come, by password; absent: everybody who reaches the server. */
  readonly users: ScramUsers | undefined;
}

/** More than this in memory of a client that has to wait, and its socket is not read. */
const pendingBytesMax = 1 << 20;
/** So much is on its way to PostgreSQL at most, and a message more. */
const unreadBytesMax = 4 << 20;
/** For TLS and login. */
const startWithinMs = 30_000;

/** One client's socket: its start, and then its messages to its session. */
export class ClientConnection implements SessionClient {
  #socket: Socket;
  readonly #host: ConnectionHost;
  #head: Buffer = Buffer.alloc(0);
  #session: ClientSession | null = null;
  #database: Database | null = null;
  #isEnded = false;
  #whenDrained: (() => void)[] = [];
  #isSecure = false;
  #databaseName = '';
  #login: ScramLogin | null = null;
  #isFirstOfLogin = true;
  readonly #startTimer: NodeJS.Timeout;

  constructor(socket: Socket, host: ConnectionHost) {
    this.#socket = socket;
    this.#host = host;
    socket.setNoDelay(true);
    this.#listen(socket);
    this.#startTimer = setTimeout(() => this.destroy(), startWithinMs).unref();
  }

  #listen(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('drain', () => this.#drained());
    socket.on('close', () => {
      this.#drained();
      this.#leave();
    });
  }

  /** From now on what comes is TLS. */
  #secure(): void {
    const plain = this.#socket;
    plain.removeAllListeners('data');
    const rest = this.#head;
    this.#head = Buffer.alloc(0);
    if (rest.length > 0) plain.unshift(rest);
    this.#isSecure = true;
    this.#socket = new TLSSocket(plain, { isServer: true, secureContext: this.#host.tls! });
    this.#listen(this.#socket);
  }

  get backlogBytes(): number {
    return this.#socket.writableLength;
  }

  write(bytes: Uint8Array): void {
    if (!this.#socket.destroyed && this.#socket.writable) this.#socket.write(bytes);
  }

  onceDrained(callback: () => void): void {
    if (this.#socket.destroyed) callback();
    else this.#whenDrained.push(callback);
  }

  #drained(): void {
    const callbacks = this.#whenDrained;
    this.#whenDrained = [];
    for (const callback of callbacks) callback();
  }

  end(): void {
    this.#isEnded = true;
    this.#socket.end();
    this.#socket.resume();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #leave(): void {
    this.#isEnded = true;
    clearTimeout(this.#startTimer);
    if (this.#session !== null) this.#database?.leave(this.#session);
  }

  #fatal(code: string, message: string): void {
    this.write(errorResponse({ severity: 'FATAL', code, message }));
    this.end();
  }

  #receive(chunk: Buffer): void {
    if (this.#isEnded) return;
    try {
      if (this.#session === null) this.#receiveHead(chunk);
      else this.#receiveMessages(chunk);
    } catch (error) {
      this.#fatal('08P01', (error as Error).message);
      this.#leave();
    }
  }

  #receiveHead(chunk: Buffer): void {
    this.#head = Buffer.concat([this.#head, chunk]);
    for (;;) {
      const found = readStartup(this.#head);
      if (found === null) return;
      this.#head = this.#head.subarray(found.length);
      const { startup } = found;
      if (startup.kind === 'ssl' || startup.kind === 'gss') {
        const isTls = startup.kind === 'ssl' && this.#host.tls !== undefined && !this.#isSecure;
        this.write(Buffer.from(isTls ? 'S' : 'N'));
        if (isTls) {
          this.#secure();
          return;
        }
        continue;
      }
      if (startup.kind === 'cancel') {
        this.#host.cancel(startup.id, startup.secret);
        this.end();
        return;
      }
      this.#start(startup.parameters);
      return;
    }
  }

  #start(parameters: ReadonlyMap<string, string>): void {
    if (!this.#host.admit(this)) {
      this.#fatal('53300', 'sorry, too many clients already');
      return;
    }
    const user = parameters.get('user');
    if (user === undefined || user === '') {
      this.#fatal('28000', 'no PostgreSQL user name specified in startup packet');
      return;
    }
    if (this.#host.tls !== undefined && !this.#isSecure) {
      this.#fatal(
        '28000',
        'this server takes connections with TLS only: use sslmode=require, or better verify-full with its authority',
      );
      return;
    }
    const base = new Map<string, string>();
    for (const [name, value] of parameters) {
      if (name === 'user' || name === 'database' || name === 'replication' || name.startsWith('_pq_.')) continue;
      if (name === 'options') for (const [option, setting] of optionSettings(value)) base.set(option, setting);
      else base.set(name, value);
    }
    const facts = { id: this.#host.nextId(), secret: randomInt(2 ** 31 - 1), user, base };
    const session = new ClientSession(facts, this, this.#host.limits);
    this.#session = session;
    this.#databaseName = parameters.get('database') || user;
    if (this.#host.users === undefined) this.#admit();
    else {
      this.#login = new ScramLogin(this.#host.users, user);
      this.write(authenticationSasl(10, `${ScramLogin.mechanism}\0\0`));
    }
    const rest = this.#head;
    this.#head = Buffer.alloc(0);
    if (rest.length > 0) this.#receiveMessages(rest);
  }

  /** A message of the login. */
  #receiveLogin(type: number, message: Buffer): void {
    const login = this.#login!;
    if (type !== frontend.password) throw new RangeError(`expected SASL response, got message type ${type}`);
    if (this.#isFirstOfLogin) {
      this.#isFirstOfLogin = false;
      const [mechanism, next] = readText(message, 5);
      if (mechanism !== ScramLogin.mechanism)
        throw new RangeError('client selected an invalid SASL authentication mechanism');
      this.write(authenticationSasl(11, login.first(message.toString('utf8', next + 4))));
      return;
    }
    const last = login.final(message.toString('utf8', 5));
    this.#login = null;
    if (last === null) {
      this.#fatal('28P01', `password authentication failed for user "${this.#session!.settings.user}"`);
      return;
    }
    this.write(authenticationSasl(12, last));
    this.#admit();
  }

  #admit(): void {
    const session = this.#session!;
    clearTimeout(this.#startTimer);
    this.#host
      .database(this.#databaseName)
      .then((database) => {
        if (this.#isEnded) return;
        this.#database = database;
        database.begin(session);
      })
      .catch((error: Error & { sqlState?: string }) => this.#fatal(error.sqlState ?? '58000', error.message));
  }

  #receiveMessages(chunk: Buffer): void {
    const session = this.#session!;
    let isTerminated = false;
    session.splitter.push(chunk, (type, message) => {
      if (type === frontend.terminate) isTerminated = true;
      else if (this.#login !== null) {
        if (!this.#isEnded) this.#receiveLogin(type, message);
      } else if (!isTerminated) {
        session.pending.push(message);
        session.pendingBytes += message.length;
      }
    });
    if (isTerminated) {
      this.#socket.end();
      this.#leave();
      return;
    }
    this.#database?.received(session);
    if (session.pendingBytes > pendingBytesMax) this.#pause(session);
    else if ((this.#database?.unreadBytes ?? 0) > unreadBytesMax) this.#pauseShortly();
  }

  #pause(session: ClientSession): void {
    if (this.#socket.isPaused()) return;
    this.#socket.pause();
    session.onRoom = () => this.#socket.resume();
  }

  /** PostgreSQL is slower than this client's COPY. */
  #pauseShortly(): void {
    if (this.#socket.isPaused()) return;
    this.#socket.pause();
    const look = setInterval(() => {
      if ((this.#database?.unreadBytes ?? 0) > unreadBytesMax / 2 && !this.#isEnded) return;
      clearInterval(look);
      this.#socket.resume();
    }, 5);
  }
}
