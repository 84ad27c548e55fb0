import { emoji, type Language, languages } from './phrases.ts';
import { Random } from './random.ts';
import { makeName, makeUsers, type User } from './users.ts';

export interface MockOptions {
  keywords: readonly string[];
  /** Bounds on the words of a tweet, a word being what stands between spaces. */
  minWords: number;
  maxWords: number;
  seed: number;
}

export interface MockTweet {
  userId: string;
  text: string;
  lang: string;
}

const userCount = 2_000;
const companyCount = 150;
/** So many tweets long one keyword is talked about more than the others. */
const trendTweets = 240;
const remembered = 40;

/**
 * Makes up tweets for ever: users write with a power law, in several languages and scripts, with hashtags, mentions, links,
 * emoji and retweets. The same options give the same sequence.
 */
export function* mockTweets({ keywords, minWords, maxWords, seed }: MockOptions): Generator<MockTweet, never> {
  const random = new Random(seed);
  const users = makeUsers(seed, userCount);
  const companies = Array.from({ length: companyCount }, () => makeName(random));
  const shareTotal = languages.reduce((sum, { share }) => sum + share, 0);
  const recent: { user: User; text: string; lang: string }[] = [];
  let trend = random.pick(keywords);

  for (let count = 1; ; count++) {
    if (count % trendTweets === 0) trend = random.pick(keywords);
    const user = users[random.rank(userCount)]!;
    const { words, lang } =
      recent.length > 10 && random.chance(0.07) ? retweet() : { words: write(user), lang: languageOf(user).code };
    const text = cut(words).join(' ');
    recent.push({ user, text, lang });
    if (recent.length > remembered) recent.shift();
    yield { userId: user.id, text, lang };
  }

  function write(user: User): string[] {
    const language = languageOf(user);
    const wanted = random.between(minWords, maxWords);
    const words: string[] = [];
    if (random.chance(0.18)) words.push(`@${users[random.rank(userCount)]!.handle}`);
    if (random.chance(0.35)) words.push(...random.pick(language.openings).split(' '));
    // Steps through the clauses, so that none comes twice in a row.
    const step = random.between(1, language.clauses.length - 1);
    let at = random.between(0, language.clauses.length - 1);
    words.push(...clause(language, at));
    while (words.length < minWords || (words.length < wanted && random.chance(0.6))) {
      words[words.length - 1] += language.stop;
      at += step;
      words.push(...clause(language, at));
    }
    if (random.chance(0.35)) words.push(random.pick(emoji));
    if (random.chance(0.45)) words.push(`#${keyword().replaceAll(' ', '')}`);
    if (random.chance(0.2)) words.push(`#${random.pick(language.tags)}`);
    if (random.chance(0.12)) words.push(`https://t.example/${random.rank(400).toString(36).padStart(3, 'x')}`);
    return words;
  }

  function clause({ clauses }: Language, at: number): string[] {
    return clauses[at % clauses.length]!.replace('{k}', keyword)
      .replace('{n}', () => companies[random.rank(companyCount)]!)
      .replaceAll('{d}', () => String(random.between(2, 90)))
      .split(' ');
  }

  /** A user keeps to one language. */
  function languageOf(user: User): Language {
    let share = Number(BigInt(user.id) % BigInt(shareTotal));
    return languages.find((language) => (share -= language.share) < 0)!;
  }

  function keyword(): string {
    return random.chance(0.4) ? trend : keywords[random.rank(keywords.length)]!;
  }

  function retweet(): { words: string[]; lang: string } {
    const { user, text, lang } = random.pick(recent);
    const words = text.split(' ');
    return { words: text.startsWith('RT ') ? words : ['RT', `@${user.handle}:`, ...words], lang };
  }

  function cut(words: string[]): string[] {
    return words.length <= maxWords ? words : [...words.slice(0, maxWords - 1), `${words[maxWords - 1]}…`];
  }
}
