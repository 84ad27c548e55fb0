/** Whether a text is like a pattern: `%` stands for any text, `_` for one character; behind the escape character they stand for themselves. */
export function likeMatcher(pattern: string, escapeCharacter: string | null): (text: string) => boolean {
  const parts: string[] = [];
  // Characters to be met, or one of the two wildcards.
  const codes: number[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at]!;
    if (character === escapeCharacter && at + 1 < pattern.length) codes.push(pattern.charCodeAt(++at));
    else codes.push(character === '%' ? anyText : character === '_' ? anyCharacter : character.charCodeAt(0));
  }
  if (!codes.includes(anyCharacter)) {
    let part = '';
    for (const code of codes) {
      if (code === anyText) {
        parts.push(part);
        part = '';
      } else part += String.fromCharCode(code);
    }
    parts.push(part);
    if (parts.length === 1) return (text) => text === parts[0];
    const [first, last] = [parts[0]!, parts.at(-1)!];
    if (parts.length === 2) {
      const lengthMin = first.length + last.length;
      return (text) => text.length >= lengthMin && text.startsWith(first) && text.endsWith(last);
    }
    if (parts.length === 3 && first === '' && last === '') return (text) => text.includes(parts[1]!);
  }
  return (text) => isLike(text, codes);
}

const anyText = -1;
const anyCharacter = -2;

/** Goes back to the last `%` only, so a text of n characters and a pattern of m take n·m steps at most. */
function isLike(text: string, codes: readonly number[]): boolean {
  let at = 0;
  let inPattern = 0;
  let starAt = -1;
  let textAtStar = 0;
  while (at < text.length) {
    const code = inPattern < codes.length ? codes[inPattern]! : -3;
    if (code === anyText) {
      starAt = inPattern++;
      textAtStar = at;
    } else if (code === anyCharacter || code === text.charCodeAt(at)) {
      at++;
      inPattern++;
    } else if (starAt >= 0) {
      inPattern = starAt + 1;
      at = ++textAtStar;
    } else return false;
  }
  while (inPattern < codes.length && codes[inPattern] === anyText) inPattern++;
  return inPattern === codes.length;
}
