import type { TransactionStatus } from '../protocol/backend-messages.ts';
import { MessageSplitter } from '../protocol/message-splitter.ts';
import { frontend } from '../protocol/message-types.ts';
import { PreparedStatements } from './prepared-statements.ts';
import { SessionSettings } from './session-settings.ts';

/** What a session says to its client. */
export interface SessionClient {
  write(bytes: Uint8Array): void;
  /** Bytes that the client has not taken yet. */
  readonly backlogBytes: number;
  /** Called once the backlog is small again. */
  onceDrained(callback: () => void): void;
  /** Ends the connection after what was written. */
  end(): void;
  /** Ends it now: what was written and not taken is lost. */
  destroy(): void;
}

/** An answer that PostgreSQL owes to a message that went to it. */
export type Owed =
  | { kind: 'parse'; name: string; parse: Buffer; isReload: boolean }
  | { kind: 'close'; statement: string | null }
  | { kind: 'ready' };

export interface SessionLimits {
  messageBytesMax: number;
  statementsMax: number;
  statementBytesMax: number;
}

/** From this much on a unit is begun although it is not whole: a long pipeline is not kept in memory. */
const beginUnitBytes = 256 * 1024;

/** One client's session, as the client sees it: its settings and statements, and what it has sent and is not run yet. */
export class ClientSession {
  readonly id: number;
  readonly secret: number;
  readonly client: SessionClient;
  readonly settings: SessionSettings;
  readonly statements: PreparedStatements;
  readonly splitter: MessageSplitter;
  /** What the client was told of parameters. */
  readonly told = new Map<string, string>();
  /** Channels that it listens to; those of a transaction that is not at its end come later. */
  readonly channels = new Set<string>();
  channelChanges: { isOn: boolean; channel: string }[] = [];
  status: TransactionStatus = 'I';
  isClosed = false;
  /** It has been told that it may go on. */
  isBegun = false;
  /** An error was answered here, not by PostgreSQL: messages up to Sync are skipped. */
  isSkipping = false;
  pending: Buffer[] = [];
  pendingBytes = 0;
  owed: Owed[] = [];
  /** Called, once, when what was sent is on its way to PostgreSQL. */
  onRoom: (() => void) | null = null;

  constructor(
    facts: { id: number; secret: number; user: string; base: ReadonlyMap<string, string> },
    client: SessionClient,
    limits: SessionLimits,
  ) {
    this.id = facts.id;
    this.secret = facts.secret;
    this.client = client;
    this.settings = new SessionSettings(facts.user, facts.base);
    this.statements = new PreparedStatements(limits.statementsMax, limits.statementBytesMax);
    this.splitter = new MessageSplitter(limits.messageBytesMax);
  }

  /** True when PostgreSQL can do something with what was sent: up to a point where the client waits. */
  isRunnable(): boolean {
    if (this.pendingBytes >= beginUnitBytes) return true;
    return this.pending.some((message) => isUnitEnd(message[0]!));
  }
}

export function isUnitEnd(type: number): boolean {
  return type === frontend.query || type === frontend.functionCall || type === frontend.sync || type === frontend.flush;
}
