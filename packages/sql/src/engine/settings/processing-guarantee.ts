import type { Guarantee } from '@headwater/streams';
import { SqlError } from '../../sql-error.ts';
import { streamsSetting } from './streams-setting.ts';

/**
 * `processing.guarantee`; null where nothing is said of it.
 *
 * @throws SqlError for a guarantee that there is none of
 */
export function guaranteeOf(settings: ReadonlyMap<string, string>): Guarantee | null {
  const text = streamsSetting(settings, 'processing.guarantee');
  switch (text) {
    case undefined:
      return null;
    case 'at_least_once':
      return 'at-least-once';
    case 'exactly_once':
    case 'exactly_once_beta':
    case 'exactly_once_v2':
      return 'exactly-once';
    default:
      throw new SqlError(
        'HW_SQL_STATEMENT',
        `Invalid value ${text} for configuration processing.guarantee: it is at_least_once or exactly_once_v2`,
      );
  }
}
