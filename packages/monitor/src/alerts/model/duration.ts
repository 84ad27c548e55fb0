import { AlertError } from '../alert-error.ts';

const pattern = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?$/;
const unitsMs = [31_536_000_000, 604_800_000, 86_400_000, 3_600_000, 60_000, 1_000, 1];
const names = ['y', 'w', 'd', 'h', 'm', 's', 'ms'];

/** `1h30m`, `500ms`, `0`: durations as Prometheus writes them, in milliseconds. Throws HW_ALERTS_DURATION. */
export function parseDuration(text: string): number {
  if (text === '0') return 0;
  const match = text === '' ? null : pattern.exec(text);
  if (match === null)
    throw new AlertError(
      'HW_ALERTS_DURATION',
      `"${text.slice(0, 60)}" is no duration: write it as 30s, 5m, 1h30m or 500ms`,
    );
  return unitsMs.reduce((sum, unitMs, index) => sum + Number(match[index + 1] ?? 0) * unitMs, 0);
}

/** The same the other way round: 90,000 → `1m30s`. */
export function formatDuration(durationMs: number): string {
  let restMs = Math.round(durationMs);
  if (restMs === 0) return '0s';
  let text = '';
  for (const [index, unitMs] of unitsMs.entries()) {
    // Years and weeks are written only where they are exact, as Prometheus does.
    if (index < 2 && restMs % unitMs !== 0) continue;
    const count = Math.floor(restMs / unitMs);
    if (count > 0) text += `${count}${names[index]}`;
    restMs -= count * unitMs;
  }
  return text;
}
