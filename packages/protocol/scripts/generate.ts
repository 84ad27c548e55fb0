/**
 * Writes `src/messages/` from Apache Kafka's message definitions: a file for each API with its grammar, its tables
 * and its TypeScript interfaces. Run it when the definitions change, then commit what it wrote:
 *
 *     HEADWATER_SHARED=../shared node packages/protocol/scripts/generate.ts
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { definitionsDir, readDefinitions } from './definitions.ts';
import { writeApi } from './write-api.ts';
import { writeIndex } from './write-index.ts';

const definitions = definitionsDir();
if (definitions === null) {
  console.error('No message definitions: set HEADWATER_SHARED to the folder that holds reference/kafka-messages.');
  process.exit(1);
}
const messages = readDefinitions(definitions);
const target = join(import.meta.dirname, '../src/messages');
mkdirSync(target, { recursive: true });
for (const name of readdirSync(target)) rmSync(join(target, name));

const files = writeApi(messages);
for (const file of files) writeFileSync(join(target, file.name), file.text);
for (const file of writeIndex(messages)) writeFileSync(join(target, file.name), file.text);
console.log(`${files.length} files written to ${target}; now run: biome check --write packages/protocol/src/messages`);
