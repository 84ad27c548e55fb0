import { AlertError } from '../alert-error.ts';
import { isLabelName, type Labels } from '../model/labels.ts';
import { type Matcher, type MatchOperator, makeMatcher, matchesAll } from '../model/matcher.ts';

export interface SilenceMatcher {
  readonly name: string;
  readonly value: string;
  readonly isRegex: boolean;
  readonly isEqual: boolean;
}

/** A silence as it is stored and as Alertmanager's API has it, times in milliseconds. */
export interface Silence {
  readonly id: string;
  readonly matchers: readonly SilenceMatcher[];
  readonly startsMs: number;
  readonly endsMs: number;
  readonly updatedMs: number;
  readonly createdBy: string;
  readonly comment: string;
}

export type SilenceState = 'pending' | 'active' | 'expired';

/** How long an expired silence can still be seen, as in Alertmanager (`--data.retention`). */
export const silenceRetentionMs = 120 * 3_600_000;
const silencesMax = 10_000;

/** Silences by id. Changes are made elsewhere (they come from the log): this holds them and answers. */
export class Silences {
  readonly #silences = new Map<string, { silence: Silence; matchers: Matcher[] }>();

  get size(): number {
    return this.#silences.size;
  }

  set(silence: Silence): void {
    this.#silences.set(silence.id, { silence, matchers: silence.matchers.map(matcherOf) });
  }

  delete(id: string): void {
    this.#silences.delete(id);
  }

  get(id: string): Silence | undefined {
    return this.#silences.get(id)?.silence;
  }

  list(): Silence[] {
    return [...this.#silences.values()].map(({ silence }) => silence);
  }

  /** Ids of the silences that hold for these labels now. */
  silencersOf(labels: Labels, nowMs: number): string[] {
    const ids: string[] = [];
    for (const { matchers, silence } of this.#silences.values())
      if (silenceState(silence, nowMs) === 'active' && matchesAll(matchers, labels)) ids.push(silence.id);
    return ids;
  }

  /** Ids of those that nobody needs to see any more. */
  outdated(nowMs: number): string[] {
    return this.list()
      .filter(({ endsMs }) => endsMs + silenceRetentionMs < nowMs)
      .map(({ id }) => id);
  }

  /** Throws HW_ALERTS_SILENCE when this cannot be a silence. */
  check(silence: Omit<Silence, 'id' | 'updatedMs'>, nowMs: number): void {
    const refuse = (why: string): never => {
      throw new AlertError('HW_ALERTS_SILENCE', `the silence is refused: ${why}`);
    };
    if (silence.matchers.length === 0) refuse('at least one matcher is needed');
    if (silence.matchers.length > 100) refuse('it has more than 100 matchers');
    for (const matcher of silence.matchers) {
      if (!isLabelName(matcher.name)) refuse(`"${matcher.name.slice(0, 60)}" is no label name`);
      matcherOf(matcher);
    }
    if (silence.matchers.every((matcher) => matcherOf(matcher).matches({ [matcher.name]: '' })))
      refuse('at least one matcher has to match something that is not empty');
    if (silence.endsMs < silence.startsMs) refuse('it ends before it starts');
    if (silence.endsMs <= nowMs) refuse('its end is in the past');
    if (silence.comment === '') refuse('a comment is needed: why is it silent?');
    if (silence.createdBy === '') refuse('createdBy is needed: who wants it silent?');
    if (silence.comment.length + silence.createdBy.length > 10_000) refuse('its texts are too long');
    if (this.#silences.size >= silencesMax) refuse(`there are ${silencesMax} already: let some expire`);
  }
}

export function silenceState({ endsMs, startsMs }: Silence, nowMs: number): SilenceState {
  if (nowMs < startsMs) return 'pending';
  return nowMs < endsMs ? 'active' : 'expired';
}

function matcherOf({ isEqual, isRegex, name, value }: SilenceMatcher): Matcher {
  return makeMatcher(name, `${isEqual ? (isRegex ? '=~' : '=') : isRegex ? '!~' : '!='}` as MatchOperator, value);
}
