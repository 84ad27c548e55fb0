/** A fixed offset from UTC, or a zone of the tz database by Intl. */
export interface TimeZone {
  /** As Java's ZoneId: `Europe/Paris`, `+02:00`, `Z`. */
  readonly id: string;
  /** Of local time, at an instant. */
  offsetMs(instantMs: number): number;
}

export const utc: TimeZone = { id: 'Z', offsetMs: () => 0 };

const zones = new Map<string, TimeZone>();
const zonesMax = 1000;
const offsetPattern = /^([+-])(\d{1,2})(?::?(\d\d)(?::?(\d\d))?)?$/;
const prefixPattern = /^(UTC|GMT|UT)(?=[+-])/;

/** Java's short ids that name a place. */
const shortIds: Readonly<Record<string, string>> = {
  ACT: 'Australia/Darwin',
  AET: 'Australia/Sydney',
  AGT: 'America/Argentina/Buenos_Aires',
  ART: 'Africa/Cairo',
  AST: 'America/Anchorage',
  BET: 'America/Sao_Paulo',
  BST: 'Asia/Dhaka',
  CAT: 'Africa/Harare',
  CNT: 'America/St_Johns',
  CST: 'America/Chicago',
  CTT: 'Asia/Shanghai',
  EAT: 'Africa/Addis_Ababa',
  ECT: 'Europe/Paris',
  IET: 'America/Indiana/Indianapolis',
  IST: 'Asia/Kolkata',
  JST: 'Asia/Tokyo',
  MIT: 'Pacific/Apia',
  NET: 'Asia/Yerevan',
  NST: 'Pacific/Auckland',
  PLT: 'Asia/Karachi',
  PNT: 'America/Phoenix',
  PRT: 'America/Puerto_Rico',
  PST: 'America/Los_Angeles',
  SST: 'Pacific/Guadalcanal',
  VST: 'Asia/Ho_Chi_Minh',
  EST: '-05:00',
  MST: '-07:00',
  HST: '-10:00',
};

/** Java's `ZoneId.of`: an offset, `UTC+2`, a name of the tz database; undefined for what is none. */
export function zoneOf(id: string): TimeZone | undefined {
  const known = zones.get(id);
  if (known !== undefined) return known;
  const zone = makeZone(id);
  if (zone !== undefined && zones.size < zonesMax) zones.set(id, zone);
  return zone;
}

function makeZone(id: string): TimeZone | undefined {
  if (id === 'Z') return utc;
  if (id === 'UTC' || id === 'GMT' || id === 'UT') return { id, offsetMs: () => 0 };
  const prefix = prefixPattern.exec(id)?.[0] ?? '';
  const offset = fixedOffset(id.slice(prefix.length));
  if (offset !== undefined)
    return { id: prefix + (offset === 0 ? '' : offsetText(offset)) || 'Z', offsetMs: () => offset };
  return namedZone(shortIds[id] ?? id, id);
}

function fixedOffset(text: string): number | undefined {
  const [, sign, hours, minutes = '0', seconds = '0'] = offsetPattern.exec(text) ?? [];
  if (sign === undefined || Number(hours) > 18 || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  const total = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
  return sign === '-' ? 0 - total : total;
}

/** `+02:00`, and `Z` for none. */
export function offsetText(offsetMs: number): string {
  if (offsetMs === 0) return 'Z';
  const seconds = Math.abs(offsetMs) / 1000;
  const part = (value: number): string => String(value).padStart(2, '0');
  const rest = seconds % 60;
  return `${offsetMs < 0 ? '-' : '+'}${part(Math.floor(seconds / 3600))}:${part(Math.floor(seconds / 60) % 60)}${rest === 0 ? '' : `:${part(rest)}`}`;
}

function namedZone(name: string, id: string): TimeZone | undefined {
  const fixed = fixedOffset(name);
  if (fixed !== undefined) return { id, offsetMs: () => fixed };
  if (!/^[A-Za-z][A-Za-z0-9~/._+-]+$/.test(name)) return undefined;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch {
    return undefined;
  }
  // Offsets change at most at a whole quarter of an hour; one entry is enough for streams, whose times lie close together.
  let quarter = Number.NaN;
  let offset = 0;
  return {
    id,
    offsetMs: (instantMs) => {
      const at = Math.floor(instantMs / 900_000);
      if (at !== quarter) {
        offset = offsetBy(format, at * 900_000);
        quarter = at;
      }
      return offset;
    },
  };
}

function offsetBy(format: Intl.DateTimeFormat, instantMs: number): number {
  const fields: Record<string, string> = {};
  for (const { type, value } of format.formatToParts(instantMs)) fields[type] = value;
  const year = fields['era'] === 'BC' ? 1 - Number(fields['year']) : Number(fields['year']);
  const local = new Date(0);
  local.setUTCFullYear(year, Number(fields['month']) - 1, Number(fields['day']));
  local.setUTCHours(Number(fields['hour']), Number(fields['minute']), Number(fields['second']));
  return local.getTime() - Math.floor(instantMs / 1000) * 1000;
}

/**
 * The instant of a local time (milliseconds as if it were UTC). In a gap the time is moved on by the gap; in an overlap it is the
 * earlier of both, as java.time's ZonedDateTime has it, or that of the preferred offset where this is one of them.
 */
export function instantOfLocal(localMs: number, zone: TimeZone, preferredOffsetMs?: number): number {
  if (preferredOffsetMs !== undefined && zone.offsetMs(localMs - preferredOffsetMs) === preferredOffsetMs) {
    return localMs - preferredOffsetMs;
  }
  const before = zone.offsetMs(localMs - 86_400_000);
  if (zone.offsetMs(localMs - before) === before) return localMs - before;
  const after = zone.offsetMs(localMs + 86_400_000);
  return zone.offsetMs(localMs - after) === after ? localMs - after : localMs - before;
}
