import { choice, type Environment, integer, text } from '../common/settings.ts';
import { TweetsError } from '../common/tweets-error.ts';

export interface AnalyticsSettings {
  /** `postgres://…/analytics`: a database of the service's own. */
  postgresUrl: string;
  /** `every` count makes a row, or only the newest of each word in a batch. */
  rows: 'every' | 'newest-of-batch';
  batchRows: number;
  lingerMs: number;
  /** Older rows are deleted, but for the newest of each word. */
  keepHours: number;
}

export function analyticsSettings(env: Environment): AnalyticsSettings {
  return {
    postgresUrl: postgresUrl(env),
    rows: choice(env, 'HEADWATER_TWEETS_ANALYTICS_ROWS', ['every', 'newest-of-batch'], 'newest-of-batch'),
    batchRows: integer(env, 'HEADWATER_TWEETS_ANALYTICS_BATCH_ROWS', 5_000, 1, 20_000),
    lingerMs: integer(env, 'HEADWATER_TWEETS_ANALYTICS_LINGER_MS', 500, 0, 60_000),
    keepHours: integer(env, 'HEADWATER_TWEETS_ANALYTICS_KEEP_HOURS', 24, 1, 1_000_000),
  };
}

function postgresUrl(env: Environment): string {
  const own = text(env, 'HEADWATER_TWEETS_ANALYTICS_POSTGRES_URL', '');
  const name = own === '' ? 'HEADWATER_POSTGRES_URL' : 'HEADWATER_TWEETS_ANALYTICS_POSTGRES_URL';
  const value = own === '' ? text(env, name, 'postgres://headwater@127.0.0.1:5432/headwater') : own;
  if (!URL.canParse(value) || !/^postgres(?:ql)?:$/.test(new URL(value).protocol)) {
    throw new TweetsError('HW_TWEETS_CONFIG', `${name} is no address: give postgres://user@host:5432/database`);
  }
  if (own !== '') return own;
  const url = new URL(value);
  url.pathname = '/analytics';
  return url.href;
}
