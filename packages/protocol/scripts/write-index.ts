/** `messages/index.ts`: the table of all APIs, `ApiKey`, and which types belong to which API; `types.ts`: all of them. */
import { parseVersions } from '../src/schema.ts';
import type { DocumentedMessage } from './definitions.ts';
import { lowerFirst } from './names.ts';
import { type GeneratedFile, groupByFile, HEADER } from './write-api.ts';

/**
 * Kafka 4 refuses Produce 0-2 but still lists them, because librdkafka before 2.9 takes a higher minimum for a broker
 * without compression support (KAFKA-18659).
 */
const ADVERTISED_MIN: Record<string, number> = { Produce: 0 };

export function writeIndex(messages: readonly DocumentedMessage[]): GeneratedFile[] {
  const apis = messages
    .filter((message) => message.kind === 'request')
    .map((message) => ({ ...message, name: message.name.replace(/Request$/, '') }))
    .sort((a, b) => a.apiKey! - b.apiKey!);
  const others = messages.filter((message) => message.apiKey === undefined);
  const imports = [...groupByFile(messages)].map(
    ([file, group]) => `import { ${group.map((message) => lowerFirst(message.name)).join(', ')} } from './${file}.ts';`,
  );
  const text = [
    `${HEADER}import type { Api } from '../api.ts';\nimport type * as types from './types.ts';`,
    imports.join('\n'),
    `export { ${others.map((message) => lowerFirst(message.name)).join(', ')} };`,
    `/** The APIs by name: \`ApiKey.Fetch === 1\`. */
export const ApiKey = {\n${apis.map((api) => `  ${api.name}: ${api.apiKey},`).join('\n')}\n} as const;`,
    `export type ApiKey = (typeof ApiKey)[keyof typeof ApiKey];`,
    `/** Every API that this package can encode and decode, by key. */
export const apis: Readonly<Record<ApiKey, Api>> & Readonly<Record<number, Api | undefined>> = {
${apis.map((api) => `  ${api.apiKey}: ${apiEntry(api)},`).join('\n')}
};`,
    `export interface RequestOf {\n${apis.map(({ name, apiKey }) => `  ${apiKey}: types.${name}Request;`).join('\n')}\n}`,
    `export interface RequestInputOf {\n${apis.map(({ name, apiKey }) => `  ${apiKey}: types.${name}RequestInput;`).join('\n')}\n}`,
    `export interface ResponseOf {\n${apis.map(({ name, apiKey }) => `  ${apiKey}: types.${name}Response;`).join('\n')}\n}`,
    `export interface ResponseInputOf {\n${apis.map(({ name, apiKey }) => `  ${apiKey}: types.${name}ResponseInput;`).join('\n')}\n}`,
  ].join('\n\n');
  const types = [...groupByFile(messages).keys()].map((file) => `export type * from './${file}.ts';`).join('\n');
  return [
    { name: 'index.ts', text: `${text}\n` },
    { name: 'types.ts', text: `${HEADER}\n${types}\n` },
  ];
}

function apiEntry(api: DocumentedMessage): string {
  const range = parseVersions(api.versions);
  const flexible = parseVersions(api.flexible);
  const maxVersion = api.unstable ? range.max - 1 : range.max;
  return `{
    key: ${api.apiKey}, name: '${api.name}', minVersion: ${range.min}, maxVersion: ${maxVersion}, newestVersion: ${range.max},
    advertisedMinVersion: ${ADVERTISED_MIN[api.name] ?? range.min}, flexibleFrom: ${api.flexible === 'none' ? 'Number.POSITIVE_INFINITY' : flexible.min},
    request: ${lowerFirst(api.name)}Request, response: ${lowerFirst(api.name)}Response,
  }`;
}
