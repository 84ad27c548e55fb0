import { message as frame } from '../protocol/backend-messages.ts';
import { backend } from '../protocol/message-types.ts';
import { notification } from '../protocol/read-messages.ts';
import type { ClientSession } from './client-session.ts';
import { quotedName } from './sql-text.ts';

/** All that some session listens to: PostgreSQL's one session listens to it. */
export function channelsOf(sessions: Iterable<ClientSession>): Set<string> {
  const all = new Set<string>();
  for (const { channels } of sessions) for (const channel of channels) all.add(channel);
  return all;
}

export function listenSql(channels: ReadonlySet<string>): string {
  return [...channels].map((channel) => `LISTEN ${quotedName(channel)}`).join('; ');
}

/**
 * A notification for the clients that listen to its channel.
 *
 * @param from who sends it, by BackendKeyData
 * @returns the channel, and the message that clients get
 */
export function notificationFrom(message: Buffer, from: number): { channel: string; message: Buffer } {
  const { channel, payload } = notification(message);
  const body = Buffer.from(`\0\0\0\0${channel}\0${payload}\0`);
  body.writeInt32BE(from, 0);
  return { channel, message: frame(backend.notificationResponse, body) };
}
