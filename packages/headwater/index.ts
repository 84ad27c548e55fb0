export { type Configuration, loadConfiguration, type PartConfiguration } from './src/configuration.ts';
export { parseUpFlags, type UpFlags } from './src/flags.ts';
export { HeadwaterError } from './src/headwater-error.ts';
export { type PartKey, partKeys } from './src/part-table.ts';
export { type System, type UpContext, up } from './src/up.ts';
