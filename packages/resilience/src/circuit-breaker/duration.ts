const unitsMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds of a duration as Spring binds it: `10s`, `500ms`, ISO 8601's `PT1M30S`, or a bare number of ms; undefined when it is none. */
export function parseDurationMs(text: string): number | undefined {
  const simple = /^([+-]?\d+)(ns|us|ms|s|m|h|d)?$/i.exec(text.trim());
  if (simple !== null) return Number(simple[1]) * unitsMs[(simple[2] ?? 'ms').toLowerCase()]!;
  const iso = /^P(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i.exec(text.trim());
  if (iso === null || text.trim().length < 3) return undefined;
  const [, days = 0, hours = 0, minutes = 0, seconds = 0] = iso;
  return (
    Number(days) * unitsMs['d']! +
    Number(hours) * unitsMs['h']! +
    Number(minutes) * unitsMs['m']! +
    Number(seconds) * 1_000
  );
}
