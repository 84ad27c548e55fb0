import { type ConfigValue, Double } from '../values.ts';

const booleans = /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/;
const nulls = /^(?:~|null|Null|NULL| |)$/;
const integers =
  /^[-+]?(?:0b_*[01][01_]*|0_*[0-7][0-7_]*|0|[1-9][0-9_]*|0x_*[0-9a-fA-F][0-9a-fA-F_]*|[1-9][0-9_]*(?::[0-5]?[0-9])+)$/;
const floats =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+|[-+]?\.[0-9_]+(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;

/**
 * The type of a plain YAML scalar by YAML 1.1's rules as Spring's servers apply them: `yes` and `on` are booleans, `010` is 8, `1:30` is
 * 90, dates stay text. Null for what is empty.
 */
export function plainScalar(text: string): ConfigValue | null {
  if (text.length > 400) return text;
  if (nulls.test(text)) return null;
  if (booleans.test(text)) return /^(?:y|t|on)/i.test(text);
  const first = text.charCodeAt(0);
  // + - . and digits: nothing else begins a number.
  if (!(first === 43 || first === 45 || first === 46 || (first >= 48 && first <= 57))) return text;
  if (integers.test(text)) return integer(text);
  if (floats.test(text)) return float(text);
  return text;
}

function integer(text: string): ConfigValue {
  let digits = text.replaceAll('_', '');
  const isNegative = digits.startsWith('-');
  if (/^[-+]/.test(digits)) digits = digits.slice(1);
  let size: bigint;
  if (digits.includes(':')) size = sexagesimal(digits);
  else if (digits.startsWith('0b') || digits.startsWith('0x')) size = BigInt(digits);
  else if (digits.length > 1 && digits.startsWith('0')) size = BigInt(`0o${digits.slice(1)}`);
  else size = BigInt(digits);
  const value = isNegative ? -size : size;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function sexagesimal(digits: string): bigint {
  return digits.split(':').reduce((sum, part) => sum * 60n + BigInt(part), 0n);
}

function float(text: string): ConfigValue {
  const plain = text.replaceAll('_', '');
  if (/nan$/i.test(plain)) return new Double(Number.NaN);
  if (/inf$/i.test(plain)) return new Double(plain.startsWith('-') ? -Infinity : Infinity);
  if (plain.includes(':')) {
    const isNegative = plain.startsWith('-');
    const size = plain
      .replace(/^[-+]/, '')
      .split(':')
      .reduce((sum, part) => sum * 60 + Number(part), 0);
    return new Double(isNegative ? -size : size);
  }
  const value = Number(plain);
  return Number.isNaN(value) ? text : new Double(value);
}
