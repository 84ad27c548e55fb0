import type { IncomingMessage } from 'node:http';
import { HttpError } from '@headwater/http';
import type { RouteOptions } from './route-definition.ts';

export interface AskedVersion {
  version: string;
  /** The media type by which it was asked for, which the answer then has. */
  mediaType?: string;
}

const headers = ['x-api-version', 'api-version'] as const;

/**
 * The version that a caller asks for: by header (`X-API-Version: 2`, `API-Version: 2`) or by media type in Accept
 * (`application/vnd.api.v2+json`, `application/json;version=2`); undefined when by neither.
 */
export function askedVersion(req: IncomingMessage): AskedVersion | undefined {
  for (const name of headers) {
    const value = req.headers[name];
    if (typeof value === 'string' && value.trim() !== '') return { version: plain(value) };
  }
  const { accept } = req.headers;
  if (accept === undefined || !/\bv|version/.test(accept)) return undefined;
  for (const range of accept.split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
    const vendor = /^application\/vnd\.[\w.-]*?\bv(\d+(?:\.\d+)*)\+json$/i.exec(type);
    if (vendor) return { version: vendor[1]!, mediaType: type.toLowerCase() };
    for (const parameter of parameters) {
      const named = /^(?:version|v)\s*=\s*"?([\w.-]+)"?$/i.exec(parameter);
      if (named) return { version: plain(named[1]!) };
    }
  }
  return undefined;
}

/** Which of a path's versions answers. Throws HttpError 406 or 400 for one that is not served. */
export function chooseVersion<T>(
  req: IncomingMessage,
  versions: ReadonlyMap<string, T>,
  defaultVersion: string,
): { asked?: AskedVersion; chosen: T } {
  const asked = askedVersion(req);
  if (asked === undefined) return { chosen: versions.get(defaultVersion)! };
  const chosen = versions.get(asked.version);
  if (chosen !== undefined) return { asked, chosen };
  const isByHeader = headers.some((name) => req.headers[name] !== undefined);
  throw new HttpError(
    isByHeader ? 400 : 406,
    'HW_SERVICE_VERSION',
    `version ${asked.version.slice(0, 20)} is not served here: ask for one of ${[...versions.keys()].join(', ')}`,
    { versions: [...versions.keys()] },
  );
}

/** The headers of a route that will go: `Deprecation` (RFC 9745), `Sunset` (RFC 8594), and where to read about it. */
export function deprecationHeaders(deprecated: RouteOptions['deprecated']): Record<string, string> {
  if (!deprecated) return {};
  const { since, sunset, link } = deprecated === true ? {} : deprecated;
  return {
    deprecation: `@${Math.floor((since ?? new Date(0)).getTime() / 1_000)}`,
    ...(sunset && { sunset: sunset.toUTCString() }),
    ...(link && { link: `<${link}>; rel="deprecation"` }),
  };
}

/** `v2` and `2` are one. */
export function plain(version: string | number): string {
  return String(version)
    .trim()
    .replace(/^v(?=\d)/i, '');
}
