import { ErrorCode } from '@headwater/protocol';
import type { BrokerContext } from '../../context.ts';
import { isLogLevel, type LogLevel, logLevels } from '../../log-level.ts';
import { Refusal } from '../../topics/topic-admin.ts';
import { alterOperation, type ConfigChange } from '../config-change.ts';
import { type ConfigResource, resourceType } from './config-resource.ts';

const dynamicBrokerLogger = 6;
const rootLogger = 'root';

/** The level of the one logger, `root` (KIP-412). It is not kept over a restart, as in Kafka. */
export const brokerLoggerResource: ConfigResource = {
  type: resourceType.brokerLogger,
  describe(context, name) {
    if (name === '') refuse('Broker id must not be empty');
    if (!isThis(context, name, 'Broker'))
      refuse(`Unexpected broker id, expected ${context.brokerId} but received ${name}`);
    return [
      {
        name: rootLogger,
        value: context.logLevel.level,
        readOnly: false,
        configSource: dynamicBrokerLogger,
        isSensitive: false,
        synonyms: [],
        configType: 0,
        documentation: null,
      },
    ];
  },
  alter(context, name, changes, isOnlyChecked) {
    if (!isThis(context, name, 'Node'))
      refuse(`Unexpected node id. Expected ${context.brokerId}, but received ${name}`);
    const levels = changes.map(levelOf);
    if (isOnlyChecked) return;
    for (const level of levels) context.logLevel.level = level;
  },
  list({ brokerId }) {
    return [String(brokerId)];
  },
};

function levelOf({ name, configOperation, value }: ConfigChange): LogLevel {
  if (configOperation === alterOperation.append || configOperation === alterOperation.subtract) {
    refuse(
      `${configOperation === alterOperation.append ? 'APPEND' : 'SUBTRACT'} operation is not allowed for the BROKER_LOGGER resource`,
    );
  }
  if (name !== rootLogger) throw new Refusal(ErrorCode.INVALID_CONFIG, `Logger ${name} does not exist!`);
  if (configOperation === alterOperation.delete) refuse('Removing the log level of the root logger is not allowed');
  const level = (value ?? '').toUpperCase();
  if (isLogLevel(level)) return level;
  const message = `Cannot set the log level of ${name} to ${value} as it is not a supported log level. Valid log levels are ${logLevels.join(', ')}`;
  throw new Refusal(ErrorCode.INVALID_CONFIG, message);
}

function isThis({ brokerId }: BrokerContext, name: string, what: string): boolean {
  if (!/^[+-]?\d+$/.test(name)) refuse(`${what} id must be an integer, but it is: ${name}`);
  return Number(name) === brokerId;
}

function refuse(message: string): never {
  throw new Refusal(ErrorCode.INVALID_REQUEST, message);
}
