export { type Registry, type RegistryOptions, startRegistry } from './src/registry.ts';
