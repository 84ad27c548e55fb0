import { PipelineError } from '../pipeline-error.ts';

export interface Token {
  kind: 'name' | 'number' | 'text' | 'regex' | 'sign' | 'end';
  text: string;
  position: number;
}

const signs = ['==~', '===', '!==', '==', '!=', '<=', '>=', '&&', '||', '?.', '=~', '?:'].concat([
  ...'<>!+-*/%()[]{}.,?:;=&|',
]);
const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\', "'": "'", '"': '"' };

export function conditionError(message: string, source: string, position: number): PipelineError {
  return new PipelineError('HW_PIPELINE_CONDITION', `${message} at position ${position} of the condition "${source}"`, {
    position,
    field: 'if',
  });
}

export function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < source.length) {
    const space = /^(?:\s+|\/\/[^\n]*|\/\*.*?\*\/)/s.exec(source.slice(at));
    if (space !== null) {
      at += space[0].length;
      continue;
    }
    const position = at;
    const char = source[at]!;
    const number = /^\d+(?:\.\d+)?[lLfFdD]?/.exec(source.slice(at, at + 40));
    const name = /^[A-Za-z_$][\w$]*/.exec(source.slice(at, at + 200));
    if (char === "'" || char === '"') {
      let text = '';
      at++;
      for (;;) {
        if (at >= source.length) throw conditionError('the text has no end', source, position);
        if (source[at] === char) break;
        if (source[at] === '\\') {
          const escaped = escapes[source[at + 1] ?? ''];
          if (escaped === undefined)
            throw conditionError(`the escape "\\${source[at + 1] ?? ''}" is not known`, source, at);
          text += escaped;
          at += 2;
        } else text += source[at++]!;
      }
      at++;
      tokens.push({ kind: 'text', text, position });
    } else if (number !== null) {
      at += number[0].length;
      tokens.push({ kind: 'number', text: number[0].replace(/[a-z]$/i, ''), position });
    } else if (name !== null) {
      at += name[0].length;
      tokens.push({ kind: 'name', text: name[0], position });
    } else if (char === '/' && ['=~', '==~'].includes(tokens.at(-1)?.text ?? '')) {
      const regex = /^\/((?:[^/\\\n]|\\.)+)\/([a-z]*)/.exec(source.slice(at));
      if (regex === null) throw conditionError('the regular expression has no end', source, position);
      if (!/^[ims]*$/.test(regex[2]!))
        throw conditionError(`the flags "${regex[2]}" are not served (i, m and s are)`, source, position);
      at += regex[0].length;
      const flags = regex[2] === '' ? '' : `(?${regex[2]})`;
      tokens.push({ kind: 'regex', text: flags + regex[1]!.replaceAll('\\/', '/'), position });
    } else {
      const sign = signs.find((one) => source.startsWith(one, at));
      if (sign === undefined) throw conditionError(`"${char}" is not expected`, source, at);
      at += sign.length;
      tokens.push({ kind: 'sign', text: sign, position });
    }
  }
  tokens.push({ kind: 'end', text: '', position: source.length });
  return tokens;
}
