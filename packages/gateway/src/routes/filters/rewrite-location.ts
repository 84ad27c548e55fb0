import type { FilterKind } from './filter.ts';

const versioned = /^\/v\d+(?:\/|$)/;

/**
 * `RewriteLocationResponseHeader=AS_IN_REQUEST, Location, , `: an upstream's own address in a redirect becomes the one that the caller used. The `/v1` in
 * front of its path goes never (`NEVER_STRIP`), always (`ALWAYS_STRIP`), or when the request had none (`AS_IN_REQUEST`, the default).
 */
export const rewriteLocationResponseHeader: FilterKind = {
  name: 'RewriteLocationResponseHeader',
  shape: { fields: ['stripVersion', 'locationHeaderName', 'hostValue', 'protocols'] },
  create(args) {
    const strip = (args.optionalText('stripVersion') ?? 'AS_IN_REQUEST').toUpperCase();
    if (!['NEVER_STRIP', 'AS_IN_REQUEST', 'ALWAYS_STRIP'].includes(strip))
      args.fail(`stripVersion must be NEVER_STRIP, AS_IN_REQUEST or ALWAYS_STRIP, not "${strip}"`);
    const name =
      args.optionalText('locationHeaderName') === undefined ? 'Location' : args.headerName('locationHeaderName');
    const hostValue = args.optionalText('hostValue');
    const protocols = new Set((args.optionalText('protocols') ?? 'https?|ftps?').split('|').flatMap(named));
    return {
      response(draft) {
        const host = hostValue ?? draft.call.req.headers.host;
        if (host === undefined || !draft.headers.has(name)) return;
        const isStripped = strip === 'ALWAYS_STRIP' || (strip === 'AS_IN_REQUEST' && !versioned.test(draft.call.path));
        draft.headers.map(name, (location) => {
          const match = /^([a-z][a-z0-9+.-]*):\/\/[^/?#]*(\/[^?#]*)?(.*)$/i.exec(location);
          if (match === null || !protocols.has(match[1]!.toLowerCase())) return location;
          const path = match[2] ?? '';
          return `${match[1]}://${host}${isStripped ? path.replace(/^\/v\d+(?=\/|$)/, '') : path}${match[3]}`;
        });
      },
    };
  },
};

/** `https?` stands for both, as in Spring's default. */
function named(text: string): string[] {
  const lower = text.trim().toLowerCase();
  return lower.endsWith('?') ? [lower.slice(0, -1), lower.slice(0, -2)] : [lower];
}
