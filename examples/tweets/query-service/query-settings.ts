import { type SettingsOf, setting } from '@headwater/service';
import type { TweetsService } from '../common/service.ts';

/** `tweets.query.*` of the configuration, followed while it runs. */
const querySettings = {
  /** Who says how often a word was tweeted; the course's names are understood. */
  wordCountSource: setting.choice(['streams', 'analytics', 'KAFKA_STATE_STORE', 'ANALYTICS_DATABASE'], {
    default: 'streams',
  }),
  /** Whether the other one is asked when that one does not answer. */
  wordCountFallback: true,
  /** How long each of them may take. */
  wordCountTimeout: setting.durationMs({ default: 1_000, min: 10, max: 30_000 }),
  /** Between two events of a search. */
  backPressureDelayMs: setting.integer({ default: 0, min: 0, max: 60_000 }),
  /** A reader of events that takes nothing for so long is let go. */
  stalledReaderTimeout: setting.durationMs({ default: 60_000, min: 100, max: 3_600_000 }),
};

/** `tweets.roles.*`: what the roles are called in the realm, and the scope that stands for the user's. */
const roleSettings = { user: 'viewer', admin: 'operator', superUser: 'admin', scope: 'app_user_role' };

export type QuerySettings = SettingsOf<typeof querySettings>;
export type RoleSettings = SettingsOf<typeof roleSettings>;

export interface LiveQuerySettings {
  readonly query: QuerySettings;
  readonly roles: RoleSettings;
}

/** The settings as they are at each moment. */
export function followSettings({ config }: TweetsService): LiveQuerySettings {
  const query = config.client.settings('tweets.query', querySettings);
  const roles = config.client.settings('tweets.roles', roleSettings);
  return {
    get query() {
      return query.get();
    },
    get roles() {
      return roles.get();
    },
  };
}
