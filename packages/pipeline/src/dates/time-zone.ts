/** Offset from UTC in milliseconds at a moment. */
export type OffsetAt = (utcMs: number) => number;

const zones = new Map<string, OffsetAt>();
const zonesMax = 200;

/** `Z`, `UTC`, `+02:00`, `GMT+2`, `Europe/Berlin`; undefined when there is no such zone. */
export function zoneOf(id: string): OffsetAt | undefined {
  const known = zones.get(id);
  if (known !== undefined) return known;
  const zone = makeZone(id);
  if (zone !== undefined && zones.size < zonesMax) zones.set(id, zone);
  return zone;
}

function makeZone(id: string): OffsetAt | undefined {
  if (/^(?:Z|UTC|GMT|UT)$/i.test(id)) return () => 0;
  const offset = /^(?:UTC|GMT|UT)?([+-])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?$/.exec(id);
  if (offset !== null) {
    const [, sign, hours, minutes = '0', seconds = '0'] = offset;
    const ms = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
    if (ms > 18 * 3_600_000 || Number(minutes) > 59) return undefined;
    return () => (sign === '-' ? -ms : ms);
  }
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone: shortNames[id] ?? id, timeZoneName: 'longOffset' });
  } catch {
    return undefined;
  }
  // A zone changes its offset on a quarter of an hour at most: what was asked within one is known.
  let quarter = Number.NaN;
  let last = 0;
  return (utcMs) => {
    const asked = Math.floor(utcMs / 900_000);
    if (asked !== quarter) {
      const name = format.formatToParts(utcMs).find((part) => part.type === 'timeZoneName')!.value;
      last = name === 'GMT' ? 0 : makeZone(name)!(0);
      quarter = asked;
    }
    return last;
  };
}

const shortNames: Readonly<Record<string, string>> = {
  EST: 'America/New_York',
  EDT: 'America/New_York',
  CST: 'America/Chicago',
  CDT: 'America/Chicago',
  MST: 'America/Denver',
  MDT: 'America/Denver',
  PST: 'America/Los_Angeles',
  PDT: 'America/Los_Angeles',
  CET: 'Europe/Paris',
  CEST: 'Europe/Paris',
};

/** The moment at which clocks show a local time; where it happens twice, the earlier one. */
export function localToUtc(localMs: number, offsetAt: OffsetAt): number {
  const early = localMs - offsetAt(localMs - 86_400_000);
  if (early + offsetAt(early) === localMs) return early;
  const late = localMs - offsetAt(localMs + 86_400_000);
  return late + offsetAt(late) === localMs ? late : early;
}
