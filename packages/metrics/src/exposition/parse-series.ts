import { nameLabel } from '../labels/label-set.ts';

const escapes: Readonly<Record<string, string>> = { n: '\n', '"': '"', '\\': '\\' };

/** `name{a="b"}`, or `{"a name",a="b"}`, as pairs; the name is a label. @throws Error with what is wrong */
export function parseSeries(text: string): [string, string][] {
  const brace = text.indexOf('{');
  const name = (brace === -1 ? text : text.slice(0, brace)).trim();
  const pairs: [string, string][] = [];
  if (name !== '') {
    if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name)) throw new Error(`"${name.slice(0, 100)}" is no name of a metric`);
    pairs.push([nameLabel, name]);
  }
  if (brace === -1) {
    if (name === '') throw new Error('a metric has no name');
    return pairs;
  }
  let at = brace + 1;
  const skip = (): void => {
    while (text[at] === ' ' || text[at] === '\t') at += 1;
  };
  for (;;) {
    skip();
    if (text[at] === '}') break;
    let label: string;
    if (text[at] === '"') {
      label = quoted();
      skip();
      if (text[at] === ',' || text[at] === '}') {
        if (pairs.some(([other]) => other === nameLabel)) throw new Error('a metric has two names');
        pairs.push([nameLabel, label]);
        if (text[at] === ',') at += 1;
        continue;
      }
    } else {
      const from = at;
      while (/[a-zA-Z0-9_]/.test(text[at] ?? '')) at += 1;
      label = text.slice(from, at);
      if (label === '' || /^[0-9]/.test(label))
        throw new Error(`a label's name is expected at "${text.slice(from, from + 40)}"`);
      skip();
    }
    if (text[at] !== '=') throw new Error(`"=" is expected after the label ${label.slice(0, 100)}`);
    at += 1;
    skip();
    if (text[at] !== '"') throw new Error(`the value of the label ${label.slice(0, 100)} must be in quotes`);
    const value = quoted();
    if (pairs.some(([other]) => other === label)) throw new Error(`the label ${label.slice(0, 100)} is there twice`);
    pairs.push([label, value]);
    skip();
    if (text[at] === ',') at += 1;
    else if (text[at] !== '}') throw new Error('"," or "}" is expected after a label');
  }
  if (pairs.every(([other]) => other !== nameLabel)) throw new Error('a metric has no name');
  return pairs;

  function quoted(): string {
    at += 1;
    const end = text.indexOf('"', at);
    const backslash = text.indexOf('\\', at);
    if (end !== -1 && (backslash === -1 || backslash > end)) {
      const plain = text.slice(at, end);
      at = end + 1;
      return plain;
    }
    let value = '';
    for (; at < text.length; at++) {
      const char = text[at]!;
      if (char === '"') {
        at += 1;
        return value;
      }
      if (char !== '\\') value += char;
      else {
        const next = text[++at] ?? '';
        value += escapes[next] ?? `\\${next}`;
      }
    }
    throw new Error('a quote is not closed');
  }
}
