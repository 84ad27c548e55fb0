const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  y: 31_536_000_000,
};

/** `1h30m` in milliseconds; undefined when it is no duration. As Prometheus writes them: units from large to small, each once. */
export function durationMs(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^(?:\d+y)?(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m(?!s))?(?:\d+s)?(?:\d+ms)?$/.test(text) || text === '')
    return undefined;
  let ms = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|[smhdwy])/g)) ms += Number(count) * units[unit!]!;
  return Number.isSafeInteger(ms) ? ms : undefined;
}

/** The other way round. */
export function durationText(ms: number): string {
  if (ms === 0) return '0s';
  let rest = ms;
  let text = '';
  for (const unit of ['y', 'w', 'd'] as const) {
    if (rest % units[unit]! !== 0) continue;
    return `${rest / units[unit]!}${unit}`;
  }
  for (const unit of ['d', 'h', 'm', 's', 'ms'] as const) {
    const count = Math.floor(rest / units[unit]!);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * units[unit]!;
  }
  return text;
}
