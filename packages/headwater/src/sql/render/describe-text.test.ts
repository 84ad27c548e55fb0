import { equal, match } from 'node:assert/strict';
import { test } from 'node:test';
import type { QueryDescription, SourceDescription } from '@headwater/sql';
import { entityText } from './entity-text.ts';

const head = { statementText: '', warnings: [] };
const field = { name: 'ID', schema: { type: 'STRING', fields: null, memberSchema: null }, type: 'KEY' } as const;
const line = {
  queryString: 'q',
  sinks: ['T'],
  sinkKafkaTopics: ['T'],
  id: 'CTAS_T_1',
  statusCount: { RUNNING: 1 },
  queryType: 'PERSISTENT',
  state: 'RUNNING',
} as const;
const source: SourceDescription = {
  name: 'T',
  windowType: null,
  readQueries: [],
  writeQueries: [line],
  fields: [field],
  type: 'TABLE',
  timestamp: '',
  statistics: '',
  errorStats: '',
  extended: true,
  keyFormat: 'KAFKA',
  valueFormat: 'JSON',
  topic: 'T',
  partitions: 1,
  replication: 1,
  statement: 'CREATE TABLE T …',
  queryOffsetSummaries: [
    {
      groupId: 'g',
      topicSummaries: [
        { kafkaTopic: 's', offsets: [{ partition: 0, logStartOffset: 0, logEndOffset: 7, consumerOffset: 5 }] },
      ],
    },
    { groupId: 'h', topicSummaries: [] },
  ],
  sourceConstraints: ['U'],
  clusterStatistics: [{ host: 'a:1', name: 'total-messages', value: 3, timestamp: 0 }],
  clusterErrorStats: [],
};

test('DESCRIBE EXTENDED: who writes it, what was counted, and how far groups are', () => {
  const text = entityText({ '@type': 'sourceDescription', ...head, sourceDescription: source }, 100);
  match(text, /Written by : CTAS_T_1 \(RUNNING\)\nDropped after : U\n/);
  match(text, /\|a:1 +\|total-messages\|3 +\|none +\|/);
  match(text, /Group g\n[\s\S]*\|s +\|0 +\|0 +\|7 +\|5 +\|2 +\|[\s\S]*Group h : nothing was committed yet$/);
});

test('EXPLAIN: plan, topology, servers and settings', () => {
  const queryDescription: QueryDescription = {
    id: 'CTAS_T_1',
    statementText: 'CREATE TABLE T …',
    windowType: null,
    fields: [field],
    sources: ['S'],
    sinks: ['T'],
    topology: 'Topologies:\n',
    executionPlan: ' > [ SINK ] | …\n\t\t > [ PROJECT ] | …\n',
    overriddenProperties: { 'auto.offset.reset': 'earliest' },
    ksqlHostQueryStatus: { 'a:1': 'RUNNING' },
    queryType: 'PERSISTENT',
    queryErrors: [],
    tasksMetadata: [],
    consumerGroupId: 'g',
    state: 'RUNNING',
  };
  const text = entityText({ '@type': 'queryDescription', ...head, queryDescription }, 100);
  match(text, /Servers {2}: a:1 RUNNING\nSettings : auto\.offset\.reset=earliest\n/);
  match(text, /Execution plan\n > \[ SINK \] \| …\n {5}> \[ PROJECT \] \| …\nTopology\nTopologies:$/);
});

test('connectors', () => {
  const status = {
    name: 'C',
    connector: { state: 'RUNNING', worker_id: 'w:1' },
    tasks: [{ id: 0, state: 'FAILED', worker_id: 'w:1', trace: 'broken\nat line 1' }],
    type: 'source',
  };
  const described = { '@type': 'connector_description', ...head, connectorClass: 'X', status, sources: [], topics: [] };
  const text = entityText(described as Parameters<typeof entityText>[0], 100);
  match(text, /State {2}: RUNNING on w:1\nTopics : none yet\n[\s\S]*\|0 +\|FAILED\|w:1 +\|broken\|/);
  equal(entityText({ '@type': 'connector_info', ...head, info: { name: 'C' } }, 100), 'Created connector C');
});
