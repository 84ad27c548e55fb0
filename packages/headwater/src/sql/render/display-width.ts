const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const plain = /^[\x20-\x7e]*$/;
const wide =
  /^(?:[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}])/u;
const joined = /\ufe0f/;
const empty = /^[\p{Mark}\u200b-\u200f\u2060\ufeff]/u;

/** How many cells of a terminal a text takes: two for East Asian letters and emoji, none for marks. */
export function displayWidth(text: string): number {
  if (plain.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segmenter.segment(text)) width += segmentWidth(segment);
  return width;
}

function segmentWidth(segment: string): number {
  if (wide.test(segment) || joined.test(segment)) return 2;
  return empty.test(segment) ? 0 : 1;
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** A text in pieces of at most so many cells. */
export function wrap(text: string, width: number): string[] {
  if (displayWidth(text) <= width) return [text];
  const lines: string[] = [];
  let line = '';
  let taken = 0;
  for (const { segment } of segmenter.segment(text)) {
    const each = segmentWidth(segment);
    if (taken + each > width && line !== '') {
      lines.push(line);
      line = '';
      taken = 0;
    }
    line += segment;
    taken += each;
  }
  lines.push(line);
  return lines;
}

/** What would move the cursor or change colours is shown as an escape: a row must not drive the terminal. */
export function visible(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (letter) => {
    const short = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[letter];
    return short ?? `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
