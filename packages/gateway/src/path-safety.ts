import { HttpError } from '@headwater/http';

/** What needs no second look: no escapes, no dots at a segment's start, no empty segments, nothing that servers read differently. */
const plain = /^(?=\/)(?:\/[A-Za-z0-9_~!$&'()*+,=:@-][A-Za-z0-9._~!$&'()*+,=:@-]*)*\/?$/;

/**
 * The path of a request as it is matched and forwarded: repeated slashes are one, everything else stays as it was sent.
 *
 * Gateway and upstream must read the same path, or a route's checks can be walked around. So what servers are known to read
 * differently is refused: dot segments, also encoded (once, twice or thrice), behind `;` parameters or beside an encoded slash;
 * backslashes; control characters; broken percent-encoding. An encoded slash (`%2F`, in document ids) is one character of a segment.
 */
export function normalisePath(path: string): string {
  if (plain.test(path)) return path;
  if (!path.startsWith('/')) throw bad('must start with "/"');
  if (/[^\x21-\x7e]/.test(path)) throw bad('holds characters that must be percent-encoded');
  if (/[\\#<>"{}|^`]/.test(path)) throw bad('holds characters that must be percent-encoded');
  if (/%(?![0-9A-Fa-f]{2})/.test(path)) throw bad('has a "%" that starts no escape');
  let text = path;
  for (let round = 0; round < 4; round++) {
    for (const segment of text.split(/[/\\]/)) {
      const name = segment.split(';', 1)[0]!;
      if (name === '.' || name === '..') throw bad('has a dot segment ("." or "..")');
    }
    if (/[\x00-\x1f\x7f\\]/.test(text)) throw bad('holds an encoded control character or backslash');
    if (!text.includes('%')) break;
    // Byte by byte: the escapes need not be UTF-8 to be looked at.
    const decoded = text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    if (decoded === text) break;
    text = decoded;
  }
  return path.replace(/\/{2,}/g, '/');
}

/** Splits a request target in origin form or absolute form into its normalised path and its query (with "?"). */
export function splitTarget(target: string): { path: string; search: string } {
  let rest = target;
  if (!target.startsWith('/')) {
    // Absolute form: RFC 9112 obliges servers to take it. Node has checked the Host header, and the route is found by the path.
    const absolute = /^https?:\/\/[^/?#]*/i.exec(target);
    if (absolute === null) throw bad('must start with "/"');
    rest = target.slice(absolute[0].length);
    if (!rest.startsWith('/')) rest = `/${rest}`;
  }
  const question = rest.indexOf('?');
  const search = question === -1 ? '' : rest.slice(question);
  if (search.includes('#') || /[^\x21-\x7e]/.test(search))
    throw new HttpError(400, 'HW_GATEWAY_BAD_PATH', 'the query holds characters that must be percent-encoded');
  return { path: normalisePath(question === -1 ? rest : rest.slice(0, question)), search };
}

function bad(reason: string): HttpError {
  return new HttpError(
    400,
    'HW_GATEWAY_BAD_PATH',
    `the path ${reason}: it is refused, because servers read it differently`,
  );
}
