export { type SettingProblem, SettingsError } from './src/config/bind-settings.ts';
export { type BusOptions, followBus } from './src/config/config-bus.ts';
export {
  type ConfigClient,
  type ConfigOptions,
  type ConfigState,
  createConfigClient,
} from './src/config/config-client.ts';
export { canonicalKey, isSecretKey, shownValue } from './src/config/config-key.ts';
export {
  type ConfigEntry,
  type ConfigLayer,
  ConfigLayers,
  type ConfigValue,
  MapLayer,
  PlaceholderError,
} from './src/config/config-layers.ts';
export type { LiveSettings, SettingsChange } from './src/config/live-settings.ts';
export { type Field, type SettingsOf, type SettingsSchema, setting } from './src/config/settings-fields.ts';
