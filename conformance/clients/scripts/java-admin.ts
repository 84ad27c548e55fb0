/**
 * Every method of Kafka's Admin client, and what comes of it: as with Apache Kafka 4.3.1, whose outcomes are in java-admin.golden.txt.
 * Called as: script.ts BOOTSTRAP PREFIX SCENARIO; needs KAFKA_TOOL and JAVA_CLASSES, and a broker with an authorizer for which everybody
 * is a super user.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const [bootstrap, prefix] = process.argv.slice(2) as [string, string];

/** Groups of these kinds need not be served: the client itself says so. */
const optional = /Share|Streams/;
const notServed = /UnsupportedVersionException/;

function outcomes(text: string): Map<string, string> {
  const lines = text.split('\n').filter((line) => line.includes('\t'));
  return new Map(lines.map((line) => line.split('\t') as [string, string]));
}

const env = { ...process.env, KAFKA_TOOL_CLASSPATH: process.env['JAVA_CLASSES'] };
const { stdout } = await promisify(execFile)(
  process.env['KAFKA_TOOL']!,
  ['headwater.AdminEveryMethod', bootstrap, `${prefix}-`],
  { env, timeout: 200_000, maxBuffer: 4 * 1024 * 1024 },
);
const expected = outcomes(readFileSync(join(import.meta.dirname, 'java-admin.golden.txt'), 'utf8'));
const actual = outcomes(stdout);
for (const [step, outcome] of actual) {
  if (optional.test(step) && notServed.test(outcome)) actual.set(step, expected.get(step)!);
}
assert.deepEqual(Object.fromEntries(actual), Object.fromEntries(expected));
console.log(`${actual.size} outcomes as with Apache Kafka`);
