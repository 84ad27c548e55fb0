import assert from 'node:assert/strict';
import { test } from 'node:test';
import { goTestOutcomes } from './go-test-outcomes.ts';

test('tests are counted where they have no tests below them; slashes in names make no parents', () => {
  const output = `=== RUN   TestPing
--- PASS: TestPing (0.01s)
=== RUN   TestETL
=== RUN   TestETL/sticky
=== RUN   TestETL/sticky/static
--- PASS: TestETL (2.00s)
    --- PASS: TestETL/sticky (1.00s)
    --- SKIP: TestETL/sticky/static (0.00s)
`;
  assert.deepEqual(goTestOutcomes(output), {
    passed: ['TestPing', 'TestETL/sticky'],
    failed: [],
    skipped: ['TestETL/sticky/static'],
  });
});

test('what was still running when the program ended has failed, and so has a parent that failed by itself', () => {
  const output = `=== RUN   TestA
=== RUN   TestA/one
=== RUN   TestB
--- FAIL: TestA (0.01s)
    --- PASS: TestA/one (0.01s)
panic: test timed out after 1s
`;
  assert.deepEqual(goTestOutcomes(output).failed, ['TestA', 'TestB']);
  assert.deepEqual(goTestOutcomes(output).passed, ['TestA/one']);
});
