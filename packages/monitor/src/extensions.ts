import type { MonitorExtension } from './extension.ts';

/** What is added to each monitor, loaded when one starts. */
export const extensions: readonly (() => Promise<MonitorExtension>)[] = [
  async () => (await import('./alerts/extension.ts')).alertsExtension,
  async () => (await import('./lag/extension.ts')).lagExtension,
];
