import { AclOperation as Op, ResourceType as Type } from '../src/security/authorizer.ts';

/** What one user of the matrix may do; names of topics, groups and transactional ids are its own by their beginning. */
export interface Grant {
  type: number;
  operation: number;
  /** Default ALLOW. */
  isDenied?: boolean;
}

const all = 2;
const allow = (type: number, ...operations: number[]): Grant[] => operations.map((operation) => ({ type, operation }));

const each = (name: string, type: number, operations: Record<string, number>): [string, Grant[]][] =>
  Object.entries(operations).map(([operation, code]) => [`${name} ${operation}`, allow(type, code)]);

const { READ, WRITE, CREATE, DELETE, ALTER, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS } = Op;
const { CLUSTER_ACTION, IDEMPOTENT_WRITE, TWO_PHASE_COMMIT } = Op;
const configs = { DESCRIBE_CONFIGS, ALTER_CONFIGS };

/** The users of the matrix: each operation on each kind of thing alone, and what only works together. */
export const grants: readonly [name: string, Grant[]][] = [
  ['nothing', []],
  ...each('topic', Type.TOPIC, { READ, WRITE, CREATE, DELETE, ALTER, DESCRIBE, ...configs, all }),
  ...each('group', Type.GROUP, { READ, DELETE, DESCRIBE, ...configs, all }),
  ...each('cluster', Type.CLUSTER, {
    CREATE,
    DELETE,
    ALTER,
    DESCRIBE,
    CLUSTER_ACTION,
    ...configs,
    IDEMPOTENT_WRITE,
    all,
  }),
  ...each('transaction', Type.TRANSACTIONAL_ID, { DESCRIBE, WRITE, TWO_PHASE_COMMIT, all }),
  ['group READ, topic READ', [...allow(Type.GROUP, READ), ...allow(Type.TOPIC, READ)]],
  ['group DELETE, topic READ', [...allow(Type.GROUP, DELETE), ...allow(Type.TOPIC, READ)]],
  ['group DESCRIBE, topic DESCRIBE', [...allow(Type.GROUP, DESCRIBE), ...allow(Type.TOPIC, DESCRIBE)]],
  ['topic DESCRIBE, CREATE', allow(Type.TOPIC, DESCRIBE, CREATE)],
  ['topic CREATE, DESCRIBE_CONFIGS', allow(Type.TOPIC, CREATE, DESCRIBE_CONFIGS)],
  ['topic DESCRIBE, cluster CREATE', [...allow(Type.TOPIC, DESCRIBE), ...allow(Type.CLUSTER, CREATE)]],
  ['transaction WRITE, topic WRITE', [...allow(Type.TRANSACTIONAL_ID, WRITE), ...allow(Type.TOPIC, WRITE)]],
  ['transaction WRITE, group READ', [...allow(Type.TRANSACTIONAL_ID, WRITE), ...allow(Type.GROUP, READ)]],
  [
    'transaction WRITE, group READ, topic READ',
    [...allow(Type.TRANSACTIONAL_ID, WRITE), ...allow(Type.GROUP, READ), ...allow(Type.TOPIC, READ)],
  ],
  ['transaction DESCRIBE, topic DESCRIBE', [...allow(Type.TRANSACTIONAL_ID, DESCRIBE), ...allow(Type.TOPIC, DESCRIBE)]],
  ['topic all but READ', [...allow(Type.TOPIC, all), { type: Type.TOPIC, operation: READ, isDenied: true }]],
  ['topic all but DESCRIBE', [...allow(Type.TOPIC, all), { type: Type.TOPIC, operation: DESCRIBE, isDenied: true }]],
  ['everything', [Type.TOPIC, Type.GROUP, Type.CLUSTER, Type.TRANSACTIONAL_ID].flatMap((type) => allow(type, all))],
];
