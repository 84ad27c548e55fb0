/** The names that `DateTimeFormatter` uses in English. */
export const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
export const dayNames = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

export type TextField = 'month' | 'dayOfWeek' | 'amPm' | 'era' | 'quarter';
export type TextStyle = 'short' | 'full' | 'narrow';

const initial = (name: string): string => name[0]!;
const three = (name: string): string => name.slice(0, 3);

/** By value: the first of months, days of the week and quarters is 1, of the others 0. */
const texts: Readonly<Record<TextField, Readonly<Record<TextStyle, readonly string[]>>>> = {
  month: { short: monthNames.map(three), full: monthNames, narrow: monthNames.map(initial) },
  dayOfWeek: { short: dayNames.map(three), full: dayNames, narrow: dayNames.map(initial) },
  amPm: { short: ['AM', 'PM'], full: ['AM', 'PM'], narrow: ['a', 'p'] },
  era: { short: ['BC', 'AD'], full: ['Before Christ', 'Anno Domini'], narrow: ['B', 'A'] },
  quarter: {
    short: ['Q1', 'Q2', 'Q3', 'Q4'],
    full: ['1st quarter', '2nd quarter', '3rd quarter', '4th quarter'],
    narrow: ['1', '2', '3', '4'],
  },
};

function firstValue(field: TextField): number {
  return field === 'amPm' || field === 'era' ? 0 : 1;
}

export function textOfField(field: TextField, style: TextStyle, value: number): string {
  return texts[field][style][value - firstValue(field)]!;
}

/** The value whose name the text has at a position, and how long the name is; undefined where there is none. */
export function valueOfText(
  field: TextField,
  style: TextStyle,
  text: string,
  at: number,
): { value: number; length: number } | undefined {
  let found: { value: number; length: number } | undefined;
  for (const [index, name] of texts[field][style].entries()) {
    const isThere = text.slice(at, at + name.length).toLowerCase() === name.toLowerCase();
    if (isThere && name.length > (found?.length ?? 0))
      found = { value: index + firstValue(field), length: name.length };
  }
  return found;
}
