/** The parts of a URI as `java.net.URI` has them, with their %-escapes decoded; null for what is not there, port -1. */
export interface JavaUri {
  readonly scheme: string | null;
  readonly host: string | null;
  readonly port: number;
  readonly path: string | null;
  readonly query: string | null;
  readonly fragment: string | null;
}

const shape = /^(?:([^:/?#]*):)?([^#]*)(?:#([\s\S]*))?$/;
const schemePattern = /^[A-Za-z][A-Za-z0-9+.-]*$/;
/** What stands in no URI: blanks, controls, and ASCII that RFC 2396 excludes; and % without two digits. */
const illegal = /[\u0000-\u0020\u007f-\u00a0"<>\\^`{|}\u2028\u2029\u3000]|%(?![0-9a-fA-F]{2})/u;
const serverPattern = /^(?:[^@[\]]*@)?(\[[0-9a-fA-F:.%A-Za-z0-9]+\]|[^:@[\]]*)(?::(\d*))?$/;
const namePattern = /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)*[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.?$/;
const ipPattern = /^(?:\d{1,3})(?:\.\d{1,3}){3}$/;

/**
 * Reads a URI by RFC 2396, as Java does.
 * https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/net/URI.html
 *
 * @throws RangeError for what is no URI
 */
export function parseJavaUri(text: string): JavaUri {
  const mistake = (): RangeError => new RangeError(`URL input has invalid syntax: ${text}`);
  if (text === '' || illegal.test(text)) throw mistake();
  const [, schemeText, specific = '', fragment] = shape.exec(text) ?? [];
  if (schemeText !== undefined && !schemePattern.test(schemeText)) throw mistake();
  if (fragment?.includes('#') || /[[\]]/.test(fragment ?? '')) throw mistake();
  const scheme = schemeText ?? null;
  const decodedFragment = decoded(fragment);
  if (scheme !== null && !specific.startsWith('/')) {
    // Opaque, such as mailto:someone.
    if (specific === '') throw mistake();
    return { scheme, host: null, port: -1, path: null, query: null, fragment: decodedFragment };
  }
  const queryAt = specific.indexOf('?');
  const query = queryAt === -1 ? undefined : specific.slice(queryAt + 1);
  let path = queryAt === -1 ? specific : specific.slice(0, queryAt);
  let host: string | null = null;
  let port = -1;
  if (path.startsWith('//')) {
    const end = path.indexOf('/', 2);
    const authority = end === -1 ? path.slice(2) : path.slice(2, end);
    path = end === -1 ? '' : path.slice(end);
    if (authority === '' && path === '' && query === undefined) throw mistake();
    [host, port] = serverOf(authority);
  }
  if (/[[\]]/.test(path)) throw mistake();
  return { scheme, host, port, path: decoded(path), query: decoded(query), fragment: decodedFragment };
}

/** An authority that names no server, such as one with _, has neither host nor port. */
function serverOf(authority: string): [host: string | null, port: number] {
  const [, host = '', port = ''] = serverPattern.exec(authority) ?? [];
  const isServer = host.startsWith('[') || namePattern.test(host) || isIpAddress(host);
  if (!isServer || Number(port) > 2147483647) return [null, -1];
  return [host, port === '' ? -1 : Number(port)];
}

function isIpAddress(host: string): boolean {
  return ipPattern.test(host) && host.split('.').every((part) => Number(part) <= 255);
}

const escapes = /(?:%[0-9a-fA-F]{2})+/g;

function decoded(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (!text.includes('%')) return text;
  return text.replace(escapes, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'));
}
