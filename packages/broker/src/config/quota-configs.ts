import type { ConfigDefinition } from '../storage/config-value.ts';

/** Over what time quotas are measured. */
export const quotaConfigs = {
  'controller.quota.window.num': {
    type: 'INT',
    default: '11',
    min: 1,
    documentation: 'Windows over which a client may save up its quota of changes to topics.',
  },
  'controller.quota.window.size.seconds': {
    type: 'INT',
    default: '1',
    min: 1,
    documentation: 'Length of each of these windows.',
  },
  'headwater.max.quota.entities': {
    type: 'INT',
    default: '100000',
    min: 1,
    documentation: 'Users, client ids and addresses with quotas; a further one is refused with POLICY_VIOLATION.',
  },
  'quota.window.num': {
    type: 'INT',
    default: '11',
    min: 1,
    documentation: 'Windows over which the use of quotas is measured.',
  },
  'quota.window.size.seconds': {
    type: 'INT',
    default: '1',
    min: 1,
    documentation: 'Length of each of these windows.',
  },
} as const satisfies Record<string, ConfigDefinition>;
