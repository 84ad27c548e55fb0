const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// RFC 8259 section 7: anything but quote, backslash and control characters, or an escape.
const stringPart = /(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y;

/** Where and why a text is not JSON (RFC 8259). `position` counts UTF-16 units from 0, line and column from 1. */
export interface JsonMistake {
  position: number;
  line: number;
  column: number;
  reason: string;
}

/**
 * Finds the first mistake in a text that `JSON.parse` refused: V8 does not tell the place for short texts.
 * Undefined when the text is JSON after all. Nesting costs no stack.
 */
export function findJsonMistake(text: string): JsonMistake | undefined {
  const open: ('{' | '[')[] = [];
  let at = 0;
  const fail = (reason: string): JsonMistake => {
    const position = Math.min(at, text.length);
    const before = text.slice(0, position);
    return {
      position,
      line: before.split('\n').length,
      column: position - before.lastIndexOf('\n'),
      reason: position >= text.length ? `the text ends where ${reason}` : reason,
    };
  };
  const skipSpace = (): void => {
    while (at < text.length && ' \t\r\n'.includes(text[at]!)) at += 1;
  };
  const string = (): boolean => {
    stringPart.lastIndex = at + 1;
    stringPart.exec(text);
    at = stringPart.lastIndex;
    if (text[at] !== '"') return false;
    at += 1;
    return true;
  };
  let expect: 'value' | 'value or ]' | 'key' | 'key or }' | 'next' = 'value';
  for (;;) {
    skipSpace();
    const char = text[at];
    if (expect === 'next') {
      const inside = open.at(-1);
      if (inside === undefined) return at >= text.length ? undefined : fail('nothing may follow the value');
      if (char === (inside === '{' ? '}' : ']')) {
        open.pop();
        at += 1;
        continue;
      }
      if (char !== ',') return fail(inside === '{' ? 'a comma or } is expected' : 'a comma or ] is expected');
      at += 1;
      expect = inside === '{' ? 'key' : 'value';
    } else if (expect === 'key' || expect === 'key or }') {
      if (char === '}' && expect === 'key or }') {
        open.pop();
        at += 1;
        expect = 'next';
        continue;
      }
      if (char !== '"') return fail('a property name in double quotes is expected');
      if (!string()) return fail('a string is not closed, or holds a bad escape or a control character');
      skipSpace();
      if (text[at] !== ':') return fail('a colon is expected');
      at += 1;
      expect = 'value';
    } else if (char === ']' && expect === 'value or ]') {
      open.pop();
      at += 1;
      expect = 'next';
    } else if (char === '{' || char === '[') {
      open.push(char);
      at += 1;
      expect = char === '{' ? 'key or }' : 'value or ]';
    } else {
      if (char === '"') {
        if (!string()) return fail('a string is not closed, or holds a bad escape or a control character');
      } else if (!literal()) return fail('a value is expected');
      expect = 'next';
    }
  }

  function literal(): boolean {
    for (const word of ['true', 'false', 'null']) {
      if (text.startsWith(word, at)) {
        at += word.length;
        return true;
      }
    }
    number.lastIndex = at;
    if (number.exec(text) === null) return false;
    at = number.lastIndex;
    return true;
  }
}
