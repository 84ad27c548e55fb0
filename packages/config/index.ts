export { ConfigError, type ConfigErrorCode, type FilePosition } from './src/config-error.ts';
export { type ConfigServer, type ConfigServerOptions, startConfig } from './src/start-config.ts';
