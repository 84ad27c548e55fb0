/** Writing JSON as bytes, straight to where they are needed. All give where they end, or -1 when that would be after `limit`. */
const quote = 0x22;
const minus = 0x2d;
const point = 0x2e;
const zero = 0x30;
const backslash = 0x5c;
/** Of a text that has nine digits or fewer. */
const lowDigits = 1e9;
/** Decimal numbers of up to 15 digits are all told apart by doubles, so the shortest text of a double that is one is that number's. */
const exactMax = 1e15;
const digitsMax = 24;

/** Short texts are written character by character. Without an escape a character takes up to three bytes. */
export function writeText(text: string, target: Buffer, start: number, limit: number): number {
  const { length } = text;
  if (start + length + 2 > limit) return -1;
  let at = start;
  target[at++] = quote;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code > 0x7e || code === quote || code === backslash) {
      return writeUtf8(JSON.stringify(text), target, start, limit);
    }
    target[at++] = code;
  }
  target[at++] = quote;
  return at;
}

/** Text as it is, in UTF-8. */
export function writeUtf8(text: string, target: Buffer, start: number, limit: number): number {
  const { length } = text;
  if (start + length > limit) return -1;
  if (length <= 64) {
    let index = 0;
    for (; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) break;
      target[start + index] = code;
    }
    if (index === length) return start + length;
  }
  if (start + length * 3 > limit && start + Buffer.byteLength(text) > limit) return -1;
  return start + target.write(text, start, 'utf8');
}

/** As `JSON.stringify` writes it. */
export function writeNumber(value: number, target: Buffer, start: number, limit: number): number {
  if (start + digitsMax > limit) return -1;
  if (value === Math.floor(value)) {
    // -0 is written as 0.
    if (value >= 0 && value <= exactMax) return writeDigits(value, target, start);
    if (value < 0 && value >= -exactMax) {
      target[start] = minus;
      return writeDigits(-value, target, start + 1);
    }
  } else if (value < 1e11 && value > -1e11) {
    const end = writeThousandths(value, target, start);
    if (end !== -1) return end;
  }
  return writeUtf8(Number.isFinite(value) ? `${value}` : 'null', target, start, limit);
}

/** A number with up to three digits behind the point; -1 for another. */
function writeThousandths(value: number, target: Buffer, start: number): number {
  const magnitude = value < 0 ? -value : value;
  const thousandths = Math.round(magnitude * 1_000);
  if (thousandths / 1_000 !== magnitude) return -1;
  let at = start;
  if (value < 0) target[at++] = minus;
  const whole = Math.floor(thousandths / 1_000);
  const rest = thousandths - whole * 1_000;
  at = writeDigits(whole, target, at);
  target[at++] = point;
  target[at++] = zero + ((rest / 100) | 0);
  if (rest % 100 === 0) return at;
  target[at++] = zero + (((rest / 10) | 0) % 10);
  if (rest % 10 === 0) return at;
  target[at++] = zero + (rest % 10);
  return at;
}

/** A whole number from 0 to 10^15. */
function writeDigits(value: number, target: Buffer, start: number): number {
  if (value < lowDigits) return writeSmall(value, countDigits(value), target, start);
  const high = Math.floor(value / lowDigits);
  const at = writeSmall(high, countDigits(high), target, start);
  return writeSmall(value - high * lowDigits, 9, target, at);
}

function writeSmall(value: number, digits: number, target: Buffer, start: number): number {
  let rest = value | 0;
  for (let at = start + digits - 1; at >= start; at--) {
    const quotient = (rest / 10) | 0;
    target[at] = zero + (rest - quotient * 10);
    rest = quotient;
  }
  return start + digits;
}

function countDigits(value: number): number {
  let digits = 1;
  for (let power = 10; value >= power; power *= 10) digits++;
  return digits;
}
