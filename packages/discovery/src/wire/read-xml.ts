import { unreadable } from './read-instance.ts';

type XmlParser = { parse(text: string, isValidated?: boolean): unknown };

let loading: Promise<XmlParser> | undefined;

/** Loaded with the first body of XML: hardly any client sends one. */
async function parser(): Promise<XmlParser> {
  loading ??= import('fast-xml-parser').then(
    ({ XMLParser }) =>
      new XMLParser({
        ignoreAttributes: false,
        attributeNamePrefix: '@',
        textNodeName: '$',
        parseTagValue: false,
        ignoreDeclaration: true,
        ignorePiTags: true,
        maxNestedTags: 20,
        // A document type, where entities could be declared, is refused; references by number are read with those of HTML.
        processEntities: true,
        htmlEntities: true,
      }),
  );
  return await loading;
}

/**
 * Reads `<instance>` into the fields that JSON has, undoing XStream's way of writing names.
 *
 * @throws DiscoveryError 400 for what is not XML, has a document type, or is nested deeply
 */
export async function readXmlInstance(body: Buffer): Promise<unknown> {
  const text = body.toString('utf8');
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) throw unreadable('the body has a document type, which is not read');
  let tree: unknown;
  try {
    tree = (await parser()).parse(text, true);
  } catch (cause) {
    throw unreadable(`the body is not XML: ${(cause as Error).message}`, cause);
  }
  const instance = (tree as Record<string, unknown>)['instance'];
  if (typeof instance !== 'object' || instance === null) throw unreadable('the body has no <instance>');
  return withPlainNames(instance as Record<string, unknown>);
}

function withPlainNames(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      plainName(name),
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? withPlainNames(value as Record<string, unknown>)
        : value,
    ]),
  );
}

/** The reverse of `xmlName`. */
function plainName(name: string): string {
  return name.replace(/__|_-|_\.([0-9a-f]{4})/g, (written, code: string | undefined) =>
    written === '__' ? '_' : written === '_-' ? '$' : String.fromCharCode(Number.parseInt(code!, 16)),
  );
}
