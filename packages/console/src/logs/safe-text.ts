/** Controls, marks of direction, and what has no width. */
const hidden = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

/**
 * Text that somebody else wrote, shown as what it is: control characters (among them the escape that begins an ANSI sequence) as their pictures,
 * characters that turn the direction of text or cannot be seen by their number. Nothing in a line can move, hide or forge another one.
 */
export function visibleText(text: string, { keepLines = false }: { keepLines?: boolean } = {}): string {
  return text.replace(hidden, (found) => {
    const code = found.charCodeAt(0);
    if (keepLines && (found === '\n' || found === '\t')) return found;
    if (found === '\t') return '→';
    if (found === '\n') return '↵';
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    if (code === 0x7f) return '␡';
    return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
  });
}

/** At most `max` characters, never half of one; how many are left out. */
export function cutText(text: string, max: number): { text: string; leftOut: number } {
  if (text.length <= max) return { text, leftOut: 0 };
  const last = text.charCodeAt(max - 1);
  const end = last >= 0xd800 && last <= 0xdbff ? max - 1 : max;
  return { text: text.slice(0, end), leftOut: text.length - end };
}
