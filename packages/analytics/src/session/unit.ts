import { commandComplete, errorResponse, readyForQuery, type TransactionStatus } from '../protocol/backend-messages.ts';
import { copyFail, parse, query, sync } from '../protocol/frontend-messages.ts';
import { backend, frontend } from '../protocol/message-types.ts';
import { boundStatement, commandTag, describedName, parseNames, queryText } from '../protocol/read-messages.ts';
import type { ClientSession, Owed } from './client-session.ts';
import { customSettings, type DatabaseCommand, databaseCommand, listens } from './sql-text.ts';

/**
 * The turn of one client at PostgreSQL: its messages go there one unit (up to Sync, or one Query) at a time, and what comes back is what it is owed.
 * A turn ends when PostgreSQL is ready and in no transaction.
 */
export class Unit {
  readonly session: ClientSession;
  readonly #send: (bytes: Uint8Array) => void;
  /** Query or Sync went, and PostgreSQL is not ready yet. */
  #isAwaitingReady = false;
  /** Messages went that no Sync followed. */
  #isUnsynced = false;
  #isSimple = false;
  /** The next ReadyForQuery answers a Sync of the store's own. */
  #isReadyHidden = false;
  isCopyingIn = false;
  /** It may hold advisory locks, which are PostgreSQL's one session's. */
  mayLock = false;
  /** RESET ALL or DISCARD ALL: PostgreSQL's session has not what the client came with. */
  isReset = false;
  /** UNLISTEN: PostgreSQL does not listen for the others either now. */
  hasUnlistened = false;
  #resetsAll = false;
  readonly #runDatabaseCommand: (command: DatabaseCommand) => Promise<string>;
  /** The next message waits until the store has done what it asks for. */
  #isHeld = false;
  /** Tags of what stands for CREATE and DROP DATABASE. */
  #tags: string[] = [];

  /** @param runDatabaseCommand gives the statement that PostgreSQL runs in its place */
  constructor(
    session: ClientSession,
    send: (bytes: Uint8Array) => void,
    runDatabaseCommand: (command: DatabaseCommand) => Promise<string>,
  ) {
    this.session = session;
    this.#send = send;
    this.#runDatabaseCommand = runDatabaseCommand;
  }

  get isBusy(): boolean {
    return this.#isHeld || (this.#isAwaitingReady && !this.isCopyingIn);
  }

  /** True when ReadyForQuery is owed to the client. */
  get isAwaitingReady(): boolean {
    return this.#isAwaitingReady;
  }

  /** CREATE and DROP DATABASE: done by the store, and a statement with the same outcome goes to PostgreSQL. */
  #hold(message: Buffer): boolean {
    const isQuery = message[0] === frontend.query;
    if ((!isQuery && message[0] !== frontend.parse) || this.session.isSkipping) return false;
    const command = databaseCommand(isQuery ? queryText(message) : parseNames(message).text);
    if (command === null) return false;
    this.#isHeld = true;
    void this.#runDatabaseCommand(command).then((sql) => {
      this.#isHeld = false;
      this.#tags.push(`${command.kind.toUpperCase()} DATABASE`);
      const stand = isQuery ? query(sql) : parse(parseNames(message).statement, sql);
      this.session.pending[0] = stand;
      this.session.pendingBytes += stand.length - message.length;
      this.forward();
    });
    return true;
  }

  /** Sends what of the pending messages may go now. */
  forward(): void {
    const { session } = this;
    while (session.pending.length > 0) {
      const message = session.pending[0]!;
      const type = message[0]!;
      const isCopy = type === frontend.copyData || type === frontend.copyDone || type === frontend.copyFail;
      if (this.isBusy || (!isCopy && this.#hold(message))) return;
      session.pending.shift();
      session.pendingBytes -= message.length;
      if (isCopy && !this.isCopyingIn) continue;
      this.#forwardOne(type, message);
    }
    const { onRoom } = session;
    session.onRoom = null;
    onRoom?.();
  }

  #forwardOne(type: number, message: Buffer): void {
    const { session } = this;
    if (session.isSkipping && type !== frontend.query && type !== frontend.functionCall) {
      if (type === frontend.sync) session.isSkipping = false;
      else return;
    }
    switch (type) {
      case frontend.query:
      case frontend.functionCall:
        session.isSkipping = false;
        if (type === frontend.query) {
          const text = queryText(message);
          this.#note(text);
          // As in PostgreSQL: a Query drops the unnamed statement. Names that it speaks of are made first.
          session.statements.delete('');
          if (/\b(?:execute|deallocate|pg_prepared_statements)\b/i.test(text)) this.#loadAll();
        }
        this.#isSimple = true;
        // PostgreSQL is ready after it, whatever came before without a Sync.
        this.#isUnsynced = false;
        this.#isAwaitingReady = true;
        session.owed.push({ kind: 'ready' });
        break;
      case frontend.sync:
        // While data is copied in PostgreSQL takes no notice of it.
        if (this.isCopyingIn) return;
        this.#isSimple = false;
        this.#isUnsynced = false;
        this.#isAwaitingReady = true;
        session.owed.push({ kind: 'ready' });
        break;
      case frontend.parse: {
        const { statement, text } = parseNames(message);
        if (session.statements.isFull(statement, message.length)) {
          this.#refuse(statement);
          return;
        }
        this.#note(text);
        // A name that PostgreSQL would refuse is made first, so that it does.
        if (statement !== '') this.#load(statement);
        // As in PostgreSQL: the unnamed one gives way at once. Else a Bind before ParseComplete would have the former one made again.
        else session.statements.delete('');
        session.owed.push({ kind: 'parse', name: statement, parse: message, isReload: false });
        break;
      }
      case frontend.bind:
        this.#load(boundStatement(message));
        break;
      case frontend.describe:
      case frontend.close: {
        const { kind, name } = describedName(message);
        if (kind === 'S') this.#load(name);
        if (type === frontend.close) session.owed.push({ kind: 'close', statement: kind === 'S' ? name : null });
        break;
      }
      case frontend.copyDone:
      case frontend.copyFail:
        this.isCopyingIn = false;
        if (this.#isSimple) this.#isAwaitingReady = true;
        break;
    }
    if (unsyncedTypes.has(type)) this.#isUnsynced = true;
    this.#send(message);
  }

  #note(text: string): void {
    const { settings } = this.session;
    if (/\bset_config\b/i.test(text)) settings.isDirty = true;
    if (/\bpg_(?:try_)?advisory_lock/i.test(text)) this.mayLock = true;
    settings.setsSession ||= /(?:^|;|\*\/|\n)\s*set\s+(?!local\b|transaction\b)/i.test(text);
    this.#resetsAll ||= /\breset\s+all\b/i.test(text);
    settings.noteCustom(customSettings(text));
    this.session.channelChanges.push(...listens(text));
  }

  #load(name: string): void {
    const parse = this.session.statements.toLoad(name);
    if (parse === undefined) return;
    this.session.statements.loaded(name);
    this.session.owed.push({ kind: 'parse', name, parse, isReload: true });
    this.#isUnsynced = true;
    this.#send(parse);
  }

  /** For a Query that may name them; their errors, if any, come when they are used. */
  #loadAll(): void {
    let count = 0;
    for (const name of this.session.statements.names()) {
      if (this.session.statements.toLoad(name) === undefined) continue;
      this.#load(name);
      count++;
    }
    if (count === 0) return;
    this.#isUnsynced = false;
    this.#isReadyHidden = true;
    this.session.owed.push({ kind: 'ready' });
    this.#send(sync);
  }

  #refuse(name: string): void {
    this.session.isSkipping = true;
    this.session.client.write(
      errorResponse({
        code: '53400',
        message: `too many prepared statements in this connection: "${name}" is one more than is kept`,
        hint: 'Close (DEALLOCATE) those that are not used any more.',
      }),
    );
  }

  /**
   * Takes one message of PostgreSQL.
   *
   * @returns 'forward', 'swallow', or, after ReadyForQuery, where the transaction stands
   */
  take(type: number, message: Buffer): 'forward' | 'swallow' | 'ready' {
    const { session } = this;
    switch (type) {
      case backend.parseComplete: {
        const owed = this.#settle('parse');
        if (owed?.kind !== 'parse') return 'forward';
        if (owed.isReload) return 'swallow';
        session.statements.add(owed.name, owed.parse);
        return 'forward';
      }
      case backend.closeComplete: {
        const owed = this.#settle('close');
        if (owed?.kind === 'close' && owed.statement !== null) session.statements.delete(owed.statement);
        return 'forward';
      }
      case backend.commandComplete: {
        const tag = commandTag(message);
        if (tag === 'DO' && this.#tags.length > 0) {
          session.client.write(commandComplete(this.#tags.shift()!));
          return 'swallow';
        }
        this.#noteTag(tag);
        return 'forward';
      }
      case backend.copyInResponse:
        this.isCopyingIn = true;
        if (!this.#isSimple) {
          // A Sync that went already is skipped by PostgreSQL: the one after the data counts.
          this.#isAwaitingReady = false;
          this.#isUnsynced = true;
          const last = session.owed.at(-1);
          if (last?.kind === 'ready') session.owed.pop();
        }
        return 'forward';
      case backend.errorResponse:
        if (this.isCopyingIn) {
          this.isCopyingIn = false;
          if (this.#isSimple) this.#isAwaitingReady = true;
        }
        return 'forward';
      case backend.readyForQuery: {
        this.#settle('ready');
        if (this.#isReadyHidden) {
          this.#isReadyHidden = false;
          return 'swallow';
        }
        this.#isAwaitingReady = false;
        session.status = String.fromCharCode(message[5]!) as TransactionStatus;
        if (session.status === 'I') this.#settleChannels();
        return 'ready';
      }
      default:
        return 'forward';
    }
  }

  /** Finds what is owed of a kind; what was owed before it was skipped because of an error. */
  #settle(kind: Owed['kind']): Owed | undefined {
    const { owed } = this.session;
    const index = owed.findIndex((each) => each.kind === kind || each.kind === 'ready');
    if (index < 0 || owed[index]!.kind !== kind) return undefined;
    const [found] = owed.splice(0, index + 1).slice(-1);
    return found;
  }

  #noteTag(tag: string): void {
    const { channelChanges, settings, statements } = this.session;
    const isAll = tag === 'DISCARD ALL' || (tag === 'RESET' && this.#resetsAll);
    if (isAll) {
      settings.reset();
      this.isReset = true;
    } else if (tag === 'SET' ? settings.setsSession : dirtyingTags.has(tag)) settings.isDirty = true;
    if (tag === 'DEALLOCATE ALL' || tag === 'DISCARD ALL') statements.clear();
    if (tag === 'DISCARD ALL') channelChanges.push({ isOn: false, channel: '*' });
  }

  #settleChannels(): void {
    const { channelChanges, channels } = this.session;
    for (const { channel, isOn } of channelChanges) {
      if (!isOn) this.hasUnlistened = true;
      if (isOn) channels.add(channel);
      else if (channel === '*') channels.clear();
      else channels.delete(channel);
    }
    this.session.channelChanges = [];
  }

  /** True when it is over: PostgreSQL waits, in no transaction, for nothing more of this client. */
  get isOver(): boolean {
    return this.session.status === 'I' && !this.#isAwaitingReady && !this.#isUnsynced && !this.isCopyingIn;
  }

  /** Brings PostgreSQL to where it is ready, whatever the client had begun: it went. */
  abandon(): void {
    this.session.pending = [];
    this.session.pendingBytes = 0;
    if (this.isCopyingIn) {
      this.isCopyingIn = false;
      this.#send(copyFail('the client went'));
      if (this.#isSimple) this.#isAwaitingReady = true;
    }
    if (this.#isUnsynced) {
      this.#isUnsynced = false;
      this.#isAwaitingReady = true;
      this.session.owed.push({ kind: 'ready' });
      this.#send(sync);
    }
  }
}

/** Messages of the extended protocol: PostgreSQL is ready again after the Sync that follows. */
const unsyncedTypes: ReadonlySet<number> = new Set([
  frontend.bind,
  frontend.close,
  frontend.describe,
  frontend.execute,
  frontend.flush,
  frontend.parse,
]);

/** Commands after which PostgreSQL is asked what the settings are; of the others none changes them. */
const dirtyingTags = new Set(['RESET', 'DO', 'CALL', 'PREPARE', 'DEALLOCATE']);

/** What a client is told that is to wait no longer, or may not: its unit is answered without PostgreSQL. */
export function refuseUnit(session: ClientSession, error: Parameters<typeof errorResponse>[0]): void {
  session.client.write(errorResponse(error));
  session.isSkipping = true;
  while (session.pending.length > 0) {
    const message = session.pending.shift()!;
    session.pendingBytes -= message.length;
    const type = message[0]!;
    if (type === frontend.query || type === frontend.functionCall || type === frontend.sync) {
      session.isSkipping = false;
      session.client.write(readyForQuery(session.status));
      return;
    }
  }
}
