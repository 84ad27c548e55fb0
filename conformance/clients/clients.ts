import { canRun, type Launcher, node } from './install/cache.ts';
import { goEurekaClient, nodeEurekaClient, pythonEurekaClient } from './install/eureka.ts';
import { franzGoTests } from './install/go.ts';
import { javaPrograms, kafkaConnect } from './install/java.ts';
import {
  javaPostgresClient,
  nodeOrms,
  nodePostgresClient,
  nodePrisma,
  psqlClient,
  pythonOrms,
  pythonPostgresClient,
} from './install/postgres.ts';
import { python } from './install/python.ts';
import { javaSerializers, nodeSerializers, pythonSerializers } from './install/schemas.ts';
import { nodeSqlClient, pythonSqlClient } from './install/sql.ts';
import { javaTelemetry, nodeTelemetry, pythonTelemetry } from './install/telemetry.ts';

export interface Client {
  name: string;
  scenarios: readonly string[];
  /** Those that `--full` adds; by its name one runs without it too. */
  fullScenarios?: readonly string[];
  /** How long one scenario may take. Default 240 s. */
  timeoutMs?: number;
  /** Installs what is missing; a text instead of a launcher says why the client cannot run here. */
  prepare(): Promise<Launcher | string>;
}

const common = ['roundtrip', 'group', 'idempotent', 'admin'] as const;

export const clients: readonly Client[] = [
  {
    name: 'kcat',
    scenarios: common,
    prepare: async () => ((await canRun('kcat', ['-V'])) ? node('kcat-client.ts') : 'kcat is not installed'),
  },
  {
    name: 'confluent-kafka',
    scenarios: [...common, 'static', 'cooperative', 'consumer-protocol'],
    fullScenarios: ['consumer-protocol-range'],
    prepare: () => python('confluent_kafka_client.py'),
  },
  { name: 'kafka-python', scenarios: common, prepare: () => python('kafka_python_client.py') },
  { name: 'aiokafka', scenarios: common, prepare: () => python('aiokafka_client.py') },
  { name: 'kafkajs', scenarios: common, prepare: async () => node('kafkajs-client.ts') },
  { name: 'platformatic', scenarios: common, prepare: async () => node('platformatic-client.ts') },
  { name: 'java', scenarios: [...common, 'consumer-protocol'], prepare: () => javaPrograms('java-client.ts') },
  {
    name: 'java-tools',
    scenarios: [
      'configs',
      'users',
      'quotas',
      'groups',
      'acls',
      'records',
      'transactions',
      'dump-log',
      'cluster',
      'client-metrics',
      'perf',
    ],
    prepare: () => javaPrograms('java-tools.ts'),
  },
  { name: 'java-admin', scenarios: ['every-method'], prepare: () => javaPrograms('java-admin.ts') },
  {
    name: 'connect',
    scenarios: ['standalone', 'distributed-exactly-once', 'sql'],
    timeoutMs: 420_000,
    prepare: () => kafkaConnect('connect-client.ts'),
  },
  {
    name: 'librdkafka-transactions',
    scenarios: ['commit', 'abort', 'fencing', 'offsets', 'timeout', 'list-offsets'],
    prepare: () => python('confluent_kafka_transactions.py'),
  },
  ...(
    [
      ['kafka-python', () => python('kafka_python_transactions.py')],
      ['aiokafka', () => python('aiokafka_transactions.py')],
      ['kafkajs', async () => node('kafkajs-transactions.ts')],
      ['platformatic', async () => node('platformatic-transactions.ts')],
    ] as const
  ).map(([name, prepare]) => ({
    name: `${name}-transactions`,
    scenarios: name === 'platformatic' ? ['transactions'] : ['transactions', 'transaction-offsets'],
    prepare,
  })),
  {
    name: 'streams',
    scenarios: ['exactly-once', 'at-least-once', 'exactly-once-broker-killed'],
    fullScenarios: ['at-least-once-broker-killed'],
    timeoutMs: 420_000,
    prepare: () => javaPrograms('streams-client.ts'),
  },
  {
    name: 'confluent-kafka-schemas',
    scenarios: ['avro', 'avro-plain', 'avro-headers', 'json-schema', 'protobuf'],
    prepare: pythonSerializers,
  },
  {
    name: 'apicurio-serdes',
    scenarios: ['avro', 'avro-plain', 'json-schema-whole', 'protobuf-untimed'],
    prepare: javaSerializers,
  },
  {
    name: 'confluent-schemaregistry',
    scenarios: ['avro-small', 'json-schema'],
    prepare: nodeSerializers,
  },
  { name: 'ksqldb-client', scenarios: ['sql'], prepare: () => nodeSqlClient('ksqldb-client.ts') },
  { name: 'ksqldb-client-node', scenarios: ['sql'], prepare: () => nodeSqlClient('ksqldb-client-node.ts') },
  { name: 'ksqldb-js', scenarios: ['sql'], prepare: () => nodeSqlClient('ksqldb-js.ts') },
  { name: 'ksqldb-python', scenarios: ['sql'], prepare: () => pythonSqlClient('ksqldb_python.py') },
  { name: 'postgres-node', scenarios: ['pg', 'postgres'], prepare: nodePostgresClient },
  { name: 'postgres-python', scenarios: ['psycopg', 'asyncpg'], prepare: pythonPostgresClient },
  { name: 'postgres-jdbc', scenarios: ['jdbc'], prepare: javaPostgresClient },
  { name: 'postgres-psql', scenarios: ['psql'], prepare: psqlClient },
  {
    name: 'postgres-orms-node',
    scenarios: ['drizzle', 'knex', 'kysely', 'sequelize', 'typeorm'],
    prepare: nodeOrms,
  },
  { name: 'postgres-prisma', scenarios: ['prisma'], prepare: nodePrisma },
  { name: 'postgres-orms-python', scenarios: ['sqlalchemy', 'django'], prepare: pythonOrms },
  { name: 'eureka-js-client', scenarios: ['full', 'delta'], prepare: nodeEurekaClient },
  { name: 'opentelemetry-node', scenarios: ['traces', 'logs', 'metrics', 'zipkin'], prepare: nodeTelemetry },
  { name: 'opentelemetry-python', scenarios: ['traces', 'logs', 'metrics'], prepare: pythonTelemetry },
  { name: 'opentelemetry-java', scenarios: ['traces', 'logs', 'metrics', 'zipkin'], prepare: javaTelemetry },
  { name: 'py-eureka-client', scenarios: ['delta'], prepare: pythonEurekaClient },
  { name: 'fargo', scenarios: ['xml', 'json'], prepare: goEurekaClient },
  {
    name: 'franz-go',
    scenarios: ['client', 'groups', 'transactions', 'share', 'scram'],
    timeoutMs: 600_000,
    prepare: franzGoTests,
  },
];
