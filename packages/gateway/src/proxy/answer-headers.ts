import { fieldName, hopByHop } from './field-names.ts';
import { HeaderList } from './header-list.ts';

/** The answer's headers without those about the connection to the upstream. */
export function endToEndAnswer(raw: readonly string[]): HeaderList {
  const out: string[] = [];
  let listed: string[] | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!;
    const field = fieldName(name);
    const lower = field === undefined ? name.toLowerCase() : field.lower;
    if (field === undefined ? hopByHop.has(lower) : field.isHopByHop) {
      if (lower !== 'connection') continue;
      const value = raw[i + 1]!.toLowerCase();
      if (value === 'keep-alive' || value === 'close') continue;
      listed ??= [];
      for (const token of value.split(',')) listed.push(token.trim());
      continue;
    }
    if (lower === 'x-correlation-id') continue;
    out.push(name, raw[i + 1]!);
  }
  const headers = new HeaderList(out);
  if (listed !== undefined) for (const name of listed) headers.remove(name);
  return headers;
}

export function isEventStream(headers: HeaderList): boolean {
  return headers.get('content-type')?.startsWith('text/event-stream') === true;
}

/** What an upstream says about other origins; where the gateway says it, the upstream does not. */
export const corsFields: readonly string[] = [
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-expose-headers',
];
