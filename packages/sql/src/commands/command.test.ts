import { deepEqual, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { decimalType, sqlTypes, structType } from '../types/sql-type.ts';
import { commandBytes, readCommand, type StatementCommand } from './command.ts';

test('a command is read as it was written', () => {
  const command: StatementCommand = {
    kind: 'statement',
    commandId: 'stream/A/create',
    offset: 7,
    statement: "CREATE STREAM a WITH (kafka_topic='ä', value_format='AVRO');",
    properties: new Map([['auto.offset.reset', 'earliest']]),
    columns: new Map([
      [
        'value',
        [
          { name: 'n', type: decimalType(5, 2) },
          { name: 'odd "`name', type: structType([{ name: 'x y', type: sqlTypes.bigint }]) },
        ],
      ],
    ]),
    partitions: new Map([['a', 3]]),
    queryId: 'CSAS_A_7',
  };
  deepEqual(readCommand(commandBytes(command)), command);
  const end = { kind: 'terminate', commandId: 'cluster/ALL/terminate', offset: 8, deleteTopics: ['a.*'] } as const;
  deepEqual(readCommand(commandBytes(end)), end);
});

test('what no version up to this one has written is refused', () => {
  throws(() => readCommand(Buffer.from('no json')), { code: 'HW_SQL_COMMAND' });
  throws(() => readCommand(Buffer.from('null')), { code: 'HW_SQL_COMMAND' });
  throws(() => readCommand(Buffer.from('{"version":2,"commandId":"a/b/c","offset":1}')), { code: 'HW_SQL_COMMAND' });
});
