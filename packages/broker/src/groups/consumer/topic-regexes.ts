import { ErrorCode } from '@headwater/protocol';
import { LinearRegex, RegexBudgetError } from '@headwater/regex';
import type { GroupChanges } from '../group-changes.ts';
import { GroupRefusal } from '../group-refusal.ts';
import type { TopicsView } from '../topics-view.ts';
import type { ConsumerContext } from './consumer-context.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import type { ConsumerMember } from './consumer-member.ts';

/** Topics come and go in bursts: a group looks at its expressions again at most so often. */
const refreshIntervalMinMs = 10_000;
const cachedMax = 1_000;
const regexLengthMax = 4_096;

export interface RegexUpdate {
  /** The member has another expression than before. */
  readonly isChanged: boolean;
  /** What the group subscribes to is another than before. */
  readonly isResolved: boolean;
}

/** Expressions that members subscribe with, and the topics that they match. */
export class TopicRegexes {
  readonly #context: ConsumerContext;
  /** What an expression matched, for all groups that have it; the oldest is dropped. */
  readonly #matches = new Map<string, { version: number; topics: readonly string[] }>();

  constructor(context: ConsumerContext) {
    this.#context = context;
  }

  /**
   * After the member is in the group with what it says now. All expressions of a group are looked at together, so that new topics cost
   * one rebalance.
   *
   * @throws GroupRefusal INVALID_REGULAR_EXPRESSION
   */
  update(
    changes: GroupChanges,
    group: ConsumerGroup,
    before: ConsumerMember,
    member: ConsumerMember,
    mayDescribe: (topic: string) => boolean,
  ): RegexUpdate {
    const oldRegex = before.subscribedTopicRegex || null;
    const regex = member.subscribedTopicRegex || null;
    const isChanged = oldRegex !== regex;
    if (!isChanged && !this.#isRefreshDue(group)) return nothing;
    const used = group.subscribedRegexes();
    if (isChanged && oldRegex !== null && !used.has(oldRegex)) group.putRegex(changes, oldRegex, null);
    if (isChanged && regex !== null && used.get(regex) === 1) compile(regex);
    const isRefreshed = this.#refresh(changes, group, used.keys(), mayDescribe);
    return { isChanged, isResolved: isChanged || isRefreshed };
  }

  /** Topics are others than when the expressions were resolved, or that is long ago. */
  #isRefreshDue(group: ConsumerGroup): boolean {
    if (group.regexes.size === 0) return false;
    const { clock, settings, topics } = this.#context;
    const nowMs = clock.now();
    let lastMs = -Infinity;
    let isOld = false;
    for (const { atMs, version } of group.regexes.values()) {
      lastMs = Math.max(lastMs, atMs);
      isOld ||= version !== topics.topicsVersion || nowMs > atMs + settings.regexRefreshMs;
    }
    return isOld && nowMs > lastMs + refreshIntervalMinMs;
  }

  /** Whether any expression matches other topics than before. */
  #refresh(
    changes: GroupChanges,
    group: ConsumerGroup,
    used: Iterable<string>,
    mayDescribe: (topic: string) => boolean,
  ): boolean {
    const { clock, topics } = this.#context;
    const nowMs = clock.now();
    const isOld = this.#isRefreshDue(group);
    let isDifferent = false;
    for (const regex of used) {
      const known = group.regexes.get(regex);
      if (known !== undefined && !isOld) continue;
      const matched = this.#match(regex, topics).filter(mayDescribe);
      isDifferent ||= (known?.topics.join('\n') ?? '') !== matched.join('\n');
      group.putRegex(changes, regex, { topics: matched, version: topics.topicsVersion, atMs: nowMs });
    }
    return isDifferent;
  }

  #match(regex: string, topics: TopicsView): readonly string[] {
    const cached = this.#matches.get(regex);
    if (cached?.version === topics.topicsVersion) return cached.topics;
    const matched = matchingTopics(regex, topics);
    this.#matches.delete(regex);
    this.#matches.set(regex, { version: topics.topicsVersion, topics: matched });
    if (this.#matches.size > cachedMax) this.#matches.delete(this.#matches.keys().next().value!);
    return matched;
  }
}

const nothing: RegexUpdate = { isChanged: false, isResolved: false };

/** One that this broker does not understand, in a log that Kafka wrote, matches nothing. */
function matchingTopics(regex: string, topics: TopicsView): readonly string[] {
  let compiled: LinearRegex;
  try {
    compiled = compile(regex);
  } catch {
    return [];
  }
  const prefix = literalPrefix(regex);
  const names = topics.topics().map(({ name }) => name);
  return names.filter((name) => name.startsWith(prefix) && matches(compiled, name)).sort();
}

/** What every match begins with: most expressions name what they are about, and most topics of a large broker are about something else. */
export function literalPrefix(regex: string): string {
  const match = regex.includes('|') ? null : /^\^?([A-Za-z0-9_-]+)/.exec(regex);
  if (match === null) return '';
  const literal = match[1]!;
  // The last one may be there or not.
  return '?*{'.includes(regex[match[0].length] ?? ' ') ? literal.slice(0, -1) : literal;
}

/** An expression that takes too long on a name does not match it: it must not keep other members from their heartbeats. */
function matches(regex: LinearRegex, name: string): boolean {
  try {
    return regex.test(name);
  } catch (error) {
    if (error instanceof RegexBudgetError) return false;
    throw error;
  }
}

/** @throws GroupRefusal INVALID_REGULAR_EXPRESSION */
function compile(regex: string): LinearRegex {
  try {
    if (regex.length > regexLengthMax) throw new Error(`it is longer than ${regexLengthMax} characters`);
    return new LinearRegex(regex);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `SubscribedTopicRegex \`${regex}\` is not a valid regular expression: ${reason}.`;
    throw new GroupRefusal(ErrorCode.INVALID_REGULAR_EXPRESSION, message);
  }
}
