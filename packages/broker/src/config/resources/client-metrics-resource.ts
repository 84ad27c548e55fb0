import { ErrorCode } from '@headwater/protocol';
import { type ConfigDefinition, configValueProblem } from '../../storage/index.ts';
import { Refusal } from '../../topics/topic-admin.ts';
import { alterOperation, applyChanges, type ConfigChange } from '../config-change.ts';
import { configType } from '../described-config.ts';
import { type Settings, storedSettings, storeSettings } from '../stored-settings.ts';
import { type ConfigResource, resourceType } from './config-resource.ts';

const keyPrefix = 'config/client-metrics/';
const subscriptionsMax = 1_000;
const configSource = { clientMetrics: 7, default: 5 } as const;

/** What a subscription says (KIP-714). */
const definitions: Readonly<Record<string, ConfigDefinition>> = {
  'interval.ms': { type: 'INT', default: '300000', documentation: 'How often clients send.' },
  match: { type: 'LIST', default: '', documentation: 'Which clients send: their attributes and patterns.' },
  metrics: { type: 'LIST', default: '', documentation: 'Prefixes of the metrics that are sent; none is no metric.' },
};
const attributes = ['client_instance_id', 'client_id', 'client_software_name', 'client_software_version'];
const attributesWithAddress = [...attributes, 'client_source_address', 'client_source_port'];

/**
 * Subscriptions to the metrics of clients (KIP-714): kept and told, as Kafka does without a plugin that takes the metrics. Clients are
 * not asked for any (GetTelemetrySubscriptions is not advertised).
 */
export const clientMetricsResource: ConfigResource = {
  type: resourceType.clientMetrics,
  describe({ store }, name, { withDocumentation, withSynonyms }) {
    if (name === '') refuse('Client metrics subscription name must not be empty');
    const settings = storedSettings(store.values, keyPrefix + name);
    return Object.entries(definitions).map(([key, definition]) => {
      const set = settings[key];
      return {
        name: key,
        value: set ?? definition.default,
        readOnly: false,
        configSource: set === undefined ? configSource.default : configSource.clientMetrics,
        isSensitive: false,
        synonyms:
          set === undefined || !withSynonyms
            ? []
            : [{ name: key, value: set, source: configSource.clientMetrics as number }],
        configType: configType(definition),
        documentation: withDocumentation ? definition.documentation : null,
      };
    });
  },
  alter(context, name, changes, isOnlyChecked) {
    const settings = storedSettings(context.store.values, keyPrefix + name);
    const changed = applyChanges(settings, changes, defaultList);
    clientMetricsResource.replace?.(context, name, changed, isOnlyChecked);
  },
  replace({ store: { values } }, name, settings, isOnlyChecked) {
    check(name, settings);
    const count = values.entries(keyPrefix).length;
    if (count >= subscriptionsMax && values.get(keyPrefix + name) === undefined) {
      throw new Refusal(ErrorCode.POLICY_VIOLATION, `There are ${count} subscriptions; remove some first.`);
    }
    if (!isOnlyChecked) storeSettings(values, keyPrefix + name, settings);
  },
  list({ store }) {
    return store.values.entries(keyPrefix).map(([key]) => key.slice(keyPrefix.length));
  },
};

function defaultList({ name, configOperation }: ConfigChange): string {
  if (Object.hasOwn(definitions, name) && definitions[name]?.type === 'LIST') return '';
  const verb = configOperation === alterOperation.append ? 'APPEND' : 'SUBTRACT';
  throw new Refusal(ErrorCode.INVALID_CONFIG, `Can't ${verb} to key ${name} because its type is not LIST.`);
}

function check(name: string, settings: Settings): void {
  if (name === '') refuse("Subscription name can't be empty");
  for (const [key, value] of Object.entries(settings)) {
    const definition = Object.hasOwn(definitions, key) ? definitions[key] : undefined;
    if (definition === undefined) refuse(`Unknown client metrics configuration: ${key}`);
    const problem = configValueProblem(definition, key, value);
    if (problem !== null) throw new Refusal(ErrorCode.INVALID_CONFIG, problem);
    if (key === 'interval.ms' && (Number(value) < 100 || Number(value) > 3_600_000)) {
      refuse(`Invalid value ${value} for interval.ms, interval must be between 100 and 3600000 (1 hour)`);
    }
    if (key === 'match' && value !== '') value.split(',').forEach(checkPattern);
  }
}

function checkPattern(text: string): void {
  const [attribute, pattern, ...more] = text.split('=').map((part) => part.trim());
  let isPattern = more.length === 0 && attributesWithAddress.includes(attribute!) && (pattern ?? '') !== '';
  try {
    new RegExp(pattern ?? '', 'u');
  } catch {
    isPattern = false;
  }
  if (!isPattern) throw new Refusal(ErrorCode.INVALID_CONFIG, `Illegal client matching pattern: ${text}`);
}

function refuse(message: string): never {
  throw new Refusal(ErrorCode.INVALID_REQUEST, message);
}
