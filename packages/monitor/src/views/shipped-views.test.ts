import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { builtInFunctions, runScriptTest } from '@headwater/sql';
import { shippedViews } from './apply-views.ts';

const views = readFileSync(shippedViews, 'utf8');
/** 2026-01-01T00:00:00Z, a Thursday. */
const day = 1_767_225_600_000;
const minute = 60_000;
const hour = 60 * minute;

async function holds(statements: string): Promise<void> {
  const result = await runScriptTest(
    { name: 'views', text: `${views}\n${statements}`, expectedMessage: null },
    { functions: builtInFunctions(), readScript: async () => '' },
  );
  assert.deepEqual(result.failures, []);
}

function trigger(timeMs: number, service: string, name: string, count: number): string {
  return `INSERT INTO SERVICE_TRIGGERS (ROWTIME, SERVICE, TRIGGER, \`COUNT\`, VIA) VALUES (${timeMs}, '${service}', '${name}', ${count}, 'http');`;
}

function crash(timeMs: number, service: string, kind: string, restarts: number): string {
  return `INSERT INTO SERVICE_CRASHES (ROWTIME, SERVICE, TIMESTAMPMS, KIND, RESTARTS, UPTIMEMS) VALUES (${timeMs}, '${service}', ${timeMs}, '${kind}', ${restarts}, 1000);`;
}

function status(timeMs: number, value: string, more = 'NULL'): string {
  return `INSERT INTO SERVICE_STATUS (ROWTIME, SERVICE, TIMESTAMPMS, INSTANCE, STATUS, REASON, ISHEARTBEAT) VALUES (${timeMs}, 'pump', ${timeMs}, 'p1', '${value}', 'because', ${more});`;
}

test('triggers are summed by minute, hour, day, and week from Monday on', async () => {
  await holds(`
    ${trigger(day, 'pump', 'pressure', 2)}
    ${trigger(day + minute, 'pump', 'heat', 3)}
    ${trigger(day + 4 * 24 * hour - 1, 'pump', 'heat', 10)}
    ${trigger(day + 4 * 24 * hour, 'pump', 'heat', 100)}
    ASSERT VALUES TRIGGER_PER_MINUTE (WINDOWSTART, SERVICE, TRIGGERS) VALUES (${day}, 'pump', 2);
    ASSERT VALUES TRIGGER_PER_MINUTE (WINDOWSTART, SERVICE, TRIGGERS) VALUES (${day + minute}, 'pump', 3);
    ASSERT VALUES TRIGGER_PER_HOUR (WINDOWSTART, SERVICE, TRIGGERS) VALUES (${day}, 'pump', 2);
    ASSERT VALUES TRIGGER_PER_HOUR (WINDOWSTART, SERVICE, TRIGGERS) VALUES (${day}, 'pump', 5);
    ASSERT VALUES TRIGGER_PER_DAY (WINDOWSTART, SERVICE, TRIGGERS) VALUES (${day}, 'pump', 2);
    ASSERT VALUES TRIGGER_PER_DAY (WINDOWSTART, SERVICE, TRIGGERS) VALUES (${day}, 'pump', 5);
    ASSERT VALUES TRIGGER_PER_DAY (WINDOWSTART, SERVICE, TRIGGERS) VALUES (${day + 3 * 24 * hour}, 'pump', 10);
    ASSERT VALUES TRIGGER_PER_WEEK (SERVICE, WEEKSTART, TRIGGERS) VALUES ('pump', ${day - 3 * 24 * hour}, 2);
    ASSERT VALUES TRIGGER_PER_WEEK (SERVICE, WEEKSTART, TRIGGERS) VALUES ('pump', ${day - 3 * 24 * hour}, 5);
    ASSERT VALUES TRIGGER_PER_WEEK (SERVICE, WEEKSTART, TRIGGERS) VALUES ('pump', ${day - 3 * 24 * hour}, 15);
    ASSERT VALUES TRIGGER_PER_WEEK (SERVICE, WEEKSTART, TRIGGERS) VALUES ('pump', ${day + 4 * 24 * hour}, 100);
    ASSERT VALUES TRIGGER_NAMES_PER_DAY (SERVICE, TRIGGER, TRIGGERS) VALUES ('pump', 'pressure', 2);
    ASSERT VALUES TRIGGER_NAMES_PER_DAY (SERVICE, TRIGGER, TRIGGERS) VALUES ('pump', 'heat', 3);`);
});

test('crashes are counted by kind, and three within an hour are unstable', async () => {
  await holds(`
    ${crash(day, 'pump', 'exit', 1)}
    ${crash(day, 'fan', 'exit', 1)}
    ${crash(day + 59 * minute, 'pump', 'exit', 2)}
    ${crash(day + 59 * minute, 'pump', 'heartbeat', 3)}
    ASSERT VALUES CRASH_PER_DAY (WINDOWSTART, SERVICE, CRASHES, BY_KIND, LAST_KIND) VALUES (${day}, 'pump', 1, MAP('exit' := 1), 'exit');
    ASSERT VALUES CRASH_PER_DAY (WINDOWSTART, SERVICE, CRASHES) VALUES (${day}, 'fan', 1);
    ASSERT VALUES CRASH_PER_DAY (WINDOWSTART, SERVICE, CRASHES) VALUES (${day}, 'pump', 2);
    ASSERT VALUES CRASH_PER_DAY (WINDOWSTART, SERVICE, CRASHES, BY_KIND, LAST_KIND) VALUES (${day}, 'pump', 3, MAP('exit' := 2, 'heartbeat' := 1), 'heartbeat');
    ASSERT VALUES CRASH_PER_WEEK (SERVICE, WEEKSTART, CRASHES) VALUES ('pump', ${day - 3 * 24 * hour}, 1);
    ASSERT VALUES CRASH_PER_WEEK (SERVICE, WEEKSTART, CRASHES) VALUES ('fan', ${day - 3 * 24 * hour}, 1);
    ASSERT VALUES CRASH_PER_WEEK (SERVICE, WEEKSTART, CRASHES) VALUES ('pump', ${day - 3 * 24 * hour}, 2);
    ASSERT VALUES CRASH_PER_WEEK (SERVICE, WEEKSTART, CRASHES, BY_KIND) VALUES ('pump', ${day - 3 * 24 * hour}, 3, MAP('exit' := 2, 'heartbeat' := 1));
    ASSERT VALUES UNSTABLE_APPS (WINDOWSTART, SERVICE, CRASHES, RESTARTS) VALUES (${day}, 'pump', 3, 3);`);
});

test('the status now has since when it is; one that goes up and down is flapping', async () => {
  await holds(`
    ${status(day, 'UP')}
    ${status(day + minute, 'UP', 'TRUE')}
    ${status(day + 2 * minute, 'DOWN')}
    ASSERT VALUES SERVICE_STATUS_NOW (SERVICE, INSTANCE, STATUS, SINCE_MS, HEARD_MS) VALUES ('pump', 'p1', 'UP', ${day}, ${day});
    ASSERT VALUES SERVICE_STATUS_NOW (SERVICE, INSTANCE, STATUS, SINCE_MS, HEARD_MS) VALUES ('pump', 'p1', 'UP', ${day}, ${day + minute});
    ASSERT VALUES SERVICE_STATUS_NOW (SERVICE, INSTANCE, STATUS, SINCE_MS, HEARD_MS) VALUES ('pump', 'p1', 'DOWN', ${day + 2 * minute}, ${day + 2 * minute});
    ${status(day + 3 * minute, 'UP')}
    ${status(day + 4 * minute, 'DOWN')}
    ${status(day + 5 * minute, 'DOWN')}
    ASSERT VALUES FLAPPING_APPS (WINDOWSTART, SERVICE, CHANGES, TIMES_DOWN) VALUES (${day - 4 * minute}, 'pump', 5, 3);`);
});

test('routes have their share of errors and percentiles, logs their levels', async () => {
  const call = (code: number, ms: number) =>
    `INSERT INTO ACCESS_LOG (ROWTIME, CALLED, ROUTE, STATUS, DURATIONMS) VALUES (${day}, 'query', 'query', ${code}, ${ms});`;
  const line = (level: string, more = 'NULL') =>
    `INSERT INTO LOGS (ROWTIME, SERVICE, LEVEL, LOGGER, TEMPLATE, TIMESTAMPMS) VALUES (${day}, 'pump', '${level}', 'main', ${more}, ${day});`;
  await holds(`
    ${call(200, 0)} ${call(503, 0)}
    ASSERT VALUES ROUTE_PER_MINUTE (ROUTE, CALLS, ERRORS, ERROR_RATE, LATENCY_MS, SLOWEST_MS) VALUES ('query', 1, 0, 0.0, ARRAY[0.0, 0.0, 0.0], 0.0);
    ASSERT VALUES ROUTE_PER_MINUTE (ROUTE, CALLS, ERRORS, ERROR_RATE) VALUES ('query', 2, 1, 0.5);
    ${line('INFO')} ${line('FATAL')} ${line('WARN', "'took <*> ms'")}
    ASSERT VALUES LOG_LINES_PER_MINUTE (SERVICE, LINES, WARNINGS, ERRORS) VALUES ('pump', 1, 0, 0);
    ASSERT VALUES LOG_LINES_PER_MINUTE (SERVICE, LINES, WARNINGS, ERRORS) VALUES ('pump', 2, 0, 1);
    ASSERT VALUES LOG_LINES_PER_MINUTE (SERVICE, LINES, WARNINGS, ERRORS) VALUES ('pump', 3, 1, 1);
    ASSERT VALUES LOG_TEMPLATE_PER_HOUR (SERVICE, TEMPLATE, LEVEL, LINES) VALUES ('pump', 'main', 'INFO', 1);
    ASSERT VALUES LOG_TEMPLATE_PER_HOUR (SERVICE, TEMPLATE, LEVEL, LINES) VALUES ('pump', 'main', 'FATAL', 1);
    ASSERT VALUES LOG_TEMPLATE_PER_HOUR (SERVICE, TEMPLATE, LEVEL, LINES) VALUES ('pump', 'took <*> ms', 'WARN', 1);`);
});

test('notifications, processes, lag and alerts', async () => {
  await holds(`
    INSERT INTO NOTIFICATIONS (ROWTIME, SERVICE, SEVERITY, TITLE) VALUES (${day}, 'pump', 'critical', 'dry');
    ASSERT VALUES NOTIFICATION_PER_DAY (SERVICE, NOTIFICATIONS, BY_SEVERITY, LAST_TITLE) VALUES ('pump', 1, MAP('critical' := 1), 'dry');
    INSERT INTO PROCESS_STATE (ROWTIME, SERVICE, INSTANCE, PID, CPUPERCENT) VALUES (${day}, 'pump', 'p1', 7, 1.5);
    ASSERT VALUES PROCESS_NOW (SERVICE, INSTANCE, PID, CPU_PERCENT) VALUES ('pump', 'p1', 7, 1.5);
    INSERT INTO GROUP_LAG (ROWTIME, GROUPID, \`TOPIC\`, LAG) VALUES (${day}, 'g', 't', 9);
    INSERT INTO GROUP_LAG (ROWTIME, GROUPID, \`TOPIC\`, LAG) VALUES (${day + 1}, 'g', 't', 4);
    ASSERT VALUES LAG_PER_MINUTE (GROUPID, \`TOPIC\`, MAX_LAG, LAG) VALUES ('g', 't', 9, 9);
    ASSERT VALUES LAG_PER_MINUTE (GROUPID, \`TOPIC\`, MAX_LAG, LAG) VALUES ('g', 't', 9, 4);
    INSERT INTO ALERTS (ROWTIME, SERVICE, FINGERPRINT, RULE, STATE) VALUES (${day}, 'pump', 'f', 'r', 'firing');
    ASSERT VALUES ALERTS_NOW (FINGERPRINT, RULE, STATE) VALUES ('f', 'r', 'firing');`);
});
