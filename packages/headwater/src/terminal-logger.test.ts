import assert from 'node:assert/strict';
import { test } from 'node:test';
import { terminalLogger } from './terminal-logger.ts';

test('a line cannot be forged by its data, and levels below the chosen one are left out', () => {
  const lines: string[] = [];
  const logger = terminalLogger('kafka', (line) => lines.push(line), 'warn');
  logger.info({}, 'quiet');
  logger.warn({ topic: 'a\n00:00 ERROR forged', at: { offset: 3 } }, 'odd');
  assert.equal(lines.length, 1);
  assert.match(lines[0]!, /^[\d:.]{12} WARN {2}kafka: odd \(topic="a\\\\u000a00:00 ERROR forged" at=.*offset.*\)\n$/);
});
