export type LogProtocol = 'http' | 'beats' | 'lines' | 'tls';

/** With a path after it: a line of text that begins with the word alone stays a line. */
const httpStarts = ['GET /', 'HEAD /', 'POST /', 'PUT /', 'DELETE /', 'OPTIONS /', 'OPTIONS *', 'PATCH /'];
const beatsTypes = new Set([...'WCJD'].map((type) => type.charCodeAt(0)));
const versions = new Set([...'12'].map((version) => version.charCodeAt(0)));
const tlsHandshake = 0x16;

/** What a connection speaks, by its first bytes; undefined while they do not tell. */
export function detectProtocol(begun: Buffer): LogProtocol | undefined {
  const [first, second, third] = begun;
  if (first === undefined) return undefined;
  if (first === tlsHandshake) return second === undefined ? undefined : second === 3 ? 'tls' : 'lines';
  if (versions.has(first)) {
    if (second === undefined) return undefined;
    if (!beatsTypes.has(second)) return 'lines';
    // A length or a count follows whose first byte is no letter.
    if (third === undefined) return undefined;
    return third < 0x20 ? 'beats' : 'lines';
  }
  const head = begun.toString('latin1', 0, 9);
  for (const start of httpStarts) {
    if (head.startsWith(start)) return 'http';
    if (start.startsWith(head)) return undefined;
  }
  return 'lines';
}
