import { ErrorCode, type FetchRequest } from '@headwater/protocol';
import { FetchPart } from './fetch-part.ts';
import type { FetchSession } from './fetch-session.ts';
import type { FetchSessions } from './fetch-sessions.ts';

/** Epochs of a request that is not incremental: it begins a session, or wants none (and ends the one that it names). */
const initialEpoch = 0;
const finalEpoch = -1;
const epochMax = 2 ** 31 - 1;

/** What a request asks for, and what its answer is for the session. */
export interface FetchPlan {
  readonly parts: readonly FetchPart[];
  /** The answer holds only what is new for this one. */
  readonly session: FetchSession | null;
  /** The answer begins a session with these partitions. */
  readonly beginsSession: boolean;
  readonly usesTopicIds: boolean;
}

/** The partitions that a fetch is about, by what it says and what its session knows; a number is the error to answer. */
export function planFetch(sessions: FetchSessions, body: FetchRequest, usesTopicIds: boolean): FetchPlan | number {
  const { sessionEpoch, sessionId } = body;
  if (sessionEpoch === initialEpoch || sessionEpoch === finalEpoch) {
    if (sessionId !== 0) sessions.remove(sessionId);
    const beginsSession = sessionEpoch === initialEpoch;
    return { parts: askedParts(body, usesTopicIds), session: null, beginsSession, usesTopicIds };
  }
  const session = sessions.get(sessionId);
  if (session === undefined) return ErrorCode.FETCH_SESSION_ID_NOT_FOUND;
  if (session.epoch !== sessionEpoch) return ErrorCode.INVALID_FETCH_SESSION_EPOCH;
  if (session.usesTopicIds !== usesTopicIds) return ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR;
  session.update(body);
  if (session.parts.length === 0) {
    sessions.remove(sessionId);
    return { parts: askedParts(body, usesTopicIds), session: null, beginsSession: false, usesTopicIds };
  }
  session.epoch = nextEpoch(sessionEpoch);
  sessions.touch(session);
  return { parts: session.parts, session, beginsSession: false, usesTopicIds };
}

export function nextEpoch(epoch: number): number {
  return epoch === epochMax ? 1 : epoch + 1;
}

function askedParts({ topics }: FetchRequest, usesTopicIds: boolean): FetchPart[] {
  const parts: FetchPart[] = [];
  for (const { topic, topicId, partitions } of topics) {
    for (const asked of partitions) parts.push(new FetchPart(topic, topicId, usesTopicIds, asked));
  }
  return parts;
}
