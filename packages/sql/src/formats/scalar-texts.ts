import { doubleText } from '../values/double-text.ts';
import { floatText } from '../values/float-text.ts';
import type { ConnectKind } from './connect/connect-schema.ts';

/** How a scalar of a registry's schema becomes a STRING column's text; undefined where it does not. */
export function scalarText(kind: ConnectKind): ((value: unknown) => string) | undefined {
  switch (kind) {
    case 'FLOAT32':
      return (value) => floatText(value as number);
    case 'FLOAT64':
      return (value) => doubleText(value as number);
    case 'ARRAY':
    case 'MAP':
    case 'STRUCT':
    case 'BYTES':
      return undefined;
    default:
      return String;
  }
}
