import { type DerNode, derChildren, derTag, readDer, readOid } from './der.ts';

/** The attribute types that Java's RFC 2253 form has words for; others are written as OID=#hex. */
const keywords: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '0.9.2342.19200300.100.1.25': 'DC',
  '0.9.2342.19200300.100.1.1': 'UID',
};

const bmpString = 0x1e;
const universalString = 0x1c;
const textTags = new Set<number>([derTag.utf8String, 0x13, 0x14, 0x16]);

/**
 * The subject of a certificate as Kafka names the principal of a TLS client: RFC 2253 as Java writes it, most specific part first,
 * `CN=alice,OU=Sales,O=Example,C=DE`. Read from the certificate itself: Node's own text has another order and other words.
 *
 * @throws RangeError when it is no certificate
 */
export function subjectName(certificate: Buffer): string {
  return derChildren(readDer(subjectBytes(certificate)))
    .reverse()
    .map(relativeName)
    .join(',');
}

/** The subject of a certificate as it stands there. @throws RangeError */
export function subjectBytes(certificate: Buffer): Buffer {
  const tbs = derChildren(readDer(certificate))[0];
  if (tbs === undefined) throw new RangeError('DER: a certificate was expected');
  const fields = derChildren(tbs);
  // The version is optional and marked; serial, signature, issuer and validity come before the subject.
  const subject = fields[fields[0]?.tag === 0xa0 ? 5 : 4];
  if (subject === undefined) throw new RangeError('DER: a certificate was expected');
  return subject.bytes;
}

function relativeName(set: DerNode): string {
  return derChildren(set)
    .map((attribute) => {
      const [type, value] = derChildren(attribute);
      if (type === undefined || value === undefined) throw new RangeError('DER: an attribute of a name was expected');
      const oid = readOid(type);
      const keyword = keywords[oid];
      const text = keyword === undefined ? null : valueText(value);
      return text === null ? `${keyword ?? oid}=#${value.bytes.toString('hex')}` : `${keyword}=${escapeValue(text)}`;
    })
    .join('+');
}

function valueText({ tag, content }: DerNode): string | null {
  if (textTags.has(tag)) return content.toString('utf8');
  if (tag === bmpString && content.length % 2 === 0) return Buffer.from(content).swap16().toString('utf16le');
  if (tag === universalString) return null;
  return null;
}

/** RFC 2253, 2.4. */
function escapeValue(text: string): string {
  return text
    .replace(/[,+"\\<>;]/g, '\\$&')
    .replace(/^[ #]/, '\\$&')
    .replace(/ $/, '\\ ');
}
