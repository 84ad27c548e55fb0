import { ErrorCode } from '@headwater/protocol';
import type { BrokerContext } from '../../context.ts';
import { Refusal } from '../../topics/topic-admin.ts';
import { brokerDefinition } from '../broker-definitions.ts';
import { applyChanges, type ConfigChange } from '../config-change.ts';
import { describedBrokerConfigs, describedClusterDefaults } from '../described-config.ts';
import { type ConfigResource, resourceType } from './config-resource.ts';

/** This broker by its id, and by the empty name the defaults of all brokers. */
export const brokerResource: ConfigResource = {
  type: resourceType.broker,
  describe(context, name, what) {
    if (name === '') return describedClusterDefaults(context, what);
    const { brokerId } = context;
    if (!/^[+-]?\d+$/.test(name)) refuse(`Broker id must be an integer, but it is: ${name}`);
    if (Number(name) !== brokerId) {
      refuse(`Unexpected broker id, expected ${brokerId} or empty string, but received ${name}`);
    }
    return describedBrokerConfigs(context, what);
  },
  alter(context, name, changes, isOnlyChecked) {
    checkIsThis(context, name);
    const { dynamicConfig } = context;
    const scope = name === '' ? 'all' : 'this';
    dynamicConfig.replace(scope, applyChanges(dynamicConfig.settings(scope), changes, defaultList), isOnlyChecked);
  },
  replace(context, name, settings, isOnlyChecked) {
    checkIsThis(context, name);
    context.dynamicConfig.replace(name === '' ? 'all' : 'this', settings, isOnlyChecked);
  },
  list({ brokerId }) {
    return [String(brokerId)];
  },
};

/** Where nothing was set here, it is the default that is changed, as in Kafka. */
function defaultList({ name, configOperation }: ConfigChange): string {
  const definition = brokerDefinition(name);
  if (definition === undefined) throw new Refusal(ErrorCode.INVALID_CONFIG, `Unknown config name: ${name}`);
  if (definition.type === 'LIST') return definition.default ?? '';
  const verb = configOperation === 2 ? 'append' : 'subtract';
  throw new Refusal(ErrorCode.INVALID_CONFIG, `Config value ${verb} is not allowed for config key: ${name}`);
}

function checkIsThis({ brokerId }: BrokerContext, name: string): void {
  if (name === '') return;
  if (!/^[+-]?\d+$/.test(name)) refuse(`Node id must be an integer, but it is: ${name}`);
  if (Number(name) !== brokerId) refuse(`Unexpected broker id, expected ${brokerId}, but received ${name}`);
}

function refuse(message: string): never {
  throw new Refusal(ErrorCode.INVALID_REQUEST, message);
}
