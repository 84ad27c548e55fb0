import { ApiKey, ErrorCode, errorInfo } from '@headwater/protocol';
import type { Connection } from '../network/connection.ts';
import type { AnswerFault, Request } from '../network/request.ts';
import { errorPlaceOf } from './error-answers.ts';
import type { RequestFaultRule } from './fault-rule.ts';
import { fitsVersion } from './fit-version.ts';
import type { InjectedFault } from './injected-fault.ts';
import { apiKeyOf, errorCodeOf } from './parse-rule.ts';
import { type RequestSubjects, topicNameOf } from './request-subjects.ts';

/** Unless they are named, so that a client can tell what the broker serves, and who it is. */
const spared: ReadonlySet<number> = new Set([ApiKey.ApiVersions, ApiKey.SaslHandshake, ApiKey.SaslAuthenticate]);
/** Their lists are of groups and transactions, also where they name topics too. */
const listsGroups: ReadonlySet<number> = new Set([9, 15, 42, 69, 77]);

/** A request under way to its handler, as faults see it. */
export interface Call {
  readonly request: Request;
  readonly connection: Connection;
  readonly apiKey: ApiKey;
  readonly body: Record<string, unknown>;
  /** Hands it to the handler. */
  handle(body: Record<string, unknown>): void;
  topicById(topicId: string): string | undefined;
  /** Read when a rule asks for it. */
  subjects(): RequestSubjects;
}

/** One rule for requests, made ready for matching. */
export class RequestFault {
  readonly fault: InjectedFault;
  readonly rule: RequestFaultRule;
  readonly #apiKeys: ReadonlySet<number> | null;

  constructor(fault: InjectedFault) {
    this.fault = fault;
    this.rule = fault.rule as RequestFaultRule;
    const api = this.rule.match?.api;
    this.#apiKeys = api === undefined ? null : new Set([api].flat().map((each) => apiKeyOf(each)!));
  }

  /** Whether it fits by what a request says of itself; hits are counted by `take`. */
  fits({ apiKey, request, subjects }: Call): boolean {
    if (this.#apiKeys === null ? spared.has(apiKey) : !this.#apiKeys.has(apiKey)) return false;
    if (this.rule.kind === 'error' && errorPlaceOf(apiKey) === null) return false;
    const { clientId, groupId, topic, transactionalId } = this.rule.match ?? {};
    if (clientId !== undefined && !matches(clientId, request.clientId ?? '')) return false;
    if (topic === undefined && groupId === undefined && transactionalId === undefined) return true;
    const found = subjects();
    if (groupId !== undefined && !found.groups.some((each) => matches(groupId, each))) return false;
    if (transactionalId !== undefined && !found.transactionalIds.some((each) => matches(transactionalId, each)))
      return false;
    return topic === undefined || this.#fitsTopics(found);
  }

  /** An incremental request names only what changed in its session, so nobody sees whether the topic is meant. */
  needsFullFetch({ apiKey, body }: Call): boolean {
    if (apiKey !== ApiKey.Fetch || this.rule.match?.topic === undefined || !((body['sessionEpoch'] as number) > 0))
      return false;
    return this.#apiKeys === null || this.#apiKeys.has(apiKey);
  }

  #fitsTopics({ topics }: RequestSubjects): boolean {
    if (topics === null) return true;
    return topics.some(({ name, partitions }) =>
      partitions === null
        ? this.isMeant(name, null) || this.isMeant(name, this.rule.match!.partition!)
        : partitions.some((each) => this.isMeant(name, each)),
    );
  }

  /** Whether a topic's partition (null: the topic as a whole) is one that the rule is for. */
  isMeant(topic: string, partition: number | null): boolean {
    const { match } = this.rule;
    if (match?.topic === undefined) return true;
    return matches(match.topic, topic) && (match.partition === undefined || match.partition === partition);
  }

  /** Answers with the error of this rule what is meant, and has the rest handled. */
  answerWithError(call: Call): void {
    const { apiKey, body, request } = call;
    if (this.rule.kind !== 'error') return;
    if (apiKey === ApiKey.Produce && body['acks'] === 0) {
      // Nobody waits for an answer: as Kafka tells it.
      request.connection.destroy();
      return;
    }
    const code = errorCodeOf(this.rule.error)!;
    const message = this.rule.message ?? `${errorInfo(code)?.message ?? 'An error'} (injected)`;
    const place = errorPlaceOf(apiKey)!;
    const {
      body: told,
      join,
      rest,
    } = place(body, { code, message }, this.#isMeantIn(call), (entry) => topicNameOf(entry, call.topicById));
    const amend = (answer: Record<string, unknown>) => fitsVersion(apiKey, request.apiVersion, join(answer));
    if (told === null) call.handle(body);
    else if (rest === null) request.respond(apiKey, fitsVersion(apiKey, request.apiVersion, told) as never);
    else {
      request.fault = { amend, send: request.fault?.send ?? null };
      call.handle(apiKey === ApiKey.Fetch ? atOnce(rest) : rest);
    }
  }

  #isMeantIn({ apiKey, body }: Call): (name: string, partition: number | null) => boolean {
    const { groupId, transactionalId } = this.rule.match ?? {};
    const isOfTransactions =
      apiKey === ApiKey.DescribeTransactions || (apiKey === ApiKey.FindCoordinator && body['keyType'] === 1);
    const isOfGroups = listsGroups.has(apiKey) || apiKey === ApiKey.FindCoordinator;
    if (apiKey === ApiKey.OffsetFetch && !isFilled(body['groups']))
      return (name, partition) => this.isMeant(name, partition);
    const wanted = isOfTransactions ? transactionalId : groupId;
    if (isOfTransactions || isOfGroups) return (name) => wanted === undefined || matches(wanted, name);
    return (name, partition) => this.isMeant(name, partition);
  }
}

/** What happens to an answer: later, not at all, or half of it. */
export function answerFault(rule: RequestFaultRule, later: (send: () => void) => void): AnswerFault {
  const send = (request: Request, answer: Buffer[]): void => {
    if (rule.kind === 'latency') {
      later(() => {
        request.fault = null;
        request.respondWith(answer);
      });
    } else if (rule.kind === 'disconnect' && rule.when === 'half') {
      const whole = Buffer.concat(answer);
      request.fault = null;
      request.isCut = true;
      request.respondWith([whole.subarray(0, whole.length >> 1)]);
    } else request.connection.destroy();
  };
  return { amend: null, send };
}

/** Told that its session is gone, a client asks in full, as it does whenever a broker has to make room. */
export function askInFull({ request }: Call): void {
  request.respond(ApiKey.Fetch, { errorCode: ErrorCode.FETCH_SESSION_ID_NOT_FOUND, sessionId: 0, responses: [] });
}

/** There is an error to tell, so it waits for no records; and no session may begin that lacks a partition. */
function atOnce(body: Record<string, unknown>): Record<string, unknown> {
  return { ...body, maxWaitMs: 0, sessionId: 0, sessionEpoch: -1 };
}

/** `orders-*` is any text that begins so. */
export function matches(pattern: string, text: string): boolean {
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern;
}

function isFilled(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}
