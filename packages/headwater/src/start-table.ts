import type { PartKey } from './part-table.ts';
import { partKeys, partTable } from './part-table.ts';
import type { System } from './up.ts';

/** What a person reads when all is up: addresses, ports that moved and why, and what to do next. */
export function startTable(
  system: System,
  facts: { version: string; startedInMs: number; dataDir: string; external: ReadonlySet<PartKey> },
): string {
  const rows: [string, string][] = [];
  for (const key of ['console', ...partKeys.filter((key) => key !== 'console')] as PartKey[]) {
    const address = system.addresses[key];
    if (address === undefined) continue;
    rows.push([partTable[key].title, facts.external.has(key) ? `${address}  (external)` : address]);
  }
  const services = Object.entries(system.services);
  const width = Math.max(...[...rows, ...services].map(([name]) => name.length), 0) + 2;
  const lines = [
    '',
    `Headwater ${facts.version}: ready in ${(facts.startedInMs / 1000).toFixed(1)} s, data in ${facts.dataDir}`,
    '',
    ...rows.map(([name, address]) => `  ${name.padEnd(width)}${address}`),
  ];
  if (services.length > 0) {
    lines.push('', ...services.map(([name, address]) => `  ${name.padEnd(width)}${address ?? 'running'}`));
  }
  if (system.moves.length > 0) {
    lines.push('');
    for (const { name, from, to } of system.moves) {
      lines.push(`  Port ${from} is taken by another process: ${name} listens on ${to} instead.`);
    }
  }
  lines.push(
    '',
    system.addresses.console ? `Open ${system.addresses.console}   Stop with Ctrl-C` : 'Stop with Ctrl-C',
    '',
  );
  return lines.join('\n');
}
