import { HttpError } from '@headwater/http';
import { headerValue } from '../../proxy/header-list.ts';
import type { FilterKind } from './filter.ts';

/**
 * `Deprecated`: tells callers that what they use will go: `Deprecation` (RFC 9745) from `since` on, `Sunset` (RFC 8594), `Link` to what explains it
 * (`rel="deprecation"`) and to what comes instead (`rel="successor-version"`). With `refuse` it is 410 after its sunset. Ours: Spring has none.
 */
export const deprecated: FilterKind = {
  name: 'Deprecated',
  shape: { fields: ['since', 'sunset', 'link', 'successor', 'refuse'] },
  create(args) {
    const sinceMs = args.instant('since');
    const sunsetMs = args.optionalText('sunset') === undefined ? undefined : args.instant('sunset');
    if (sunsetMs !== undefined && sunsetMs < sinceMs) args.fail('sunset must not be before since');
    const isRefused = args.flag('refuse', false);
    const fields = ['Deprecation', `@${Math.floor(sinceMs / 1_000)}`];
    if (sunsetMs !== undefined) fields.push('Sunset', new Date(sunsetMs).toUTCString());
    for (const [field, rel] of [
      ['link', 'deprecation'],
      ['successor', 'successor-version'],
    ] as const) {
      const target = args.optionalText(field);
      if (target === undefined) continue;
      if (/[<>\s"]/.test(target)) args.fail(`${field} must be an address, not "${target}"`);
      fields.push('Link', headerValue(`<${target}>; rel="${rel}"`));
    }
    return {
      request() {
        if (isRefused && sunsetMs !== undefined && Date.now() >= sunsetMs)
          throw new HttpError(
            410,
            'HW_GATEWAY_SUNSET',
            `this version was served until ${new Date(sunsetMs).toISOString()}: use its successor`,
            {},
            undefined,
            { link: fields.filter((_, i) => fields[i - 1] === 'Link').join(', ') },
          );
      },
      response(draft) {
        draft.headers.raw.push(...fields);
      },
    };
  },
};
