export { type LineLevel, type LogLine, levelOf, readLine } from './src/ship/log-line.ts';
export { LogShipper, type LogShipperOptions } from './src/ship/log-shipper.ts';
export type { LogOrigin } from './src/ship/otlp-log-request.ts';
