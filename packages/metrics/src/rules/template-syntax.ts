import { MetricsError } from '../metrics-error.ts';

/** Something in a template that has a value. */
export type Term =
  | { kind: 'literal'; value: string | number | boolean | null }
  | { kind: 'path'; name: string; fields: readonly string[] }
  | { kind: 'call'; name: string; args: readonly Term[] };

export type Block =
  | { kind: 'text'; text: string }
  | { kind: 'print'; term: Term }
  | { kind: 'set'; name: string; term: Term }
  | { kind: 'if' | 'with' | 'range'; name?: string; term: Term; body: Block[]; otherwise: Block[] };

const tokenPattern =
  /\s*("(?:[^"\\]|\\.)*"|`[^`]*`|\$?[a-zA-Z_][a-zA-Z0-9_]*|\$|[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|(?:\.[a-zA-Z_][a-zA-Z0-9_]*)+|:=|[.()|=,])/y;

/** @throws HW_METRICS_RULES */
export function parseTemplate(text: string): Block[] {
  const pieces: ({ text: string } | { action: string })[] = [];
  let at = 0;
  for (;;) {
    const open = text.indexOf('{{', at);
    if (open === -1) break;
    const close = text.indexOf('}}', open);
    if (close === -1) throw bad('an action is not closed by }}');
    let before = text.slice(at, open);
    let action = text.slice(open + 2, close);
    const isTrimmedBefore = /^-\s/.test(action);
    const isTrimmedAfter = /\s-$/.test(action);
    if (isTrimmedBefore) {
      before = before.trimEnd();
      action = action.slice(1);
    }
    if (isTrimmedAfter) action = action.slice(0, -1);
    at = close + 2;
    if (isTrimmedAfter) while (/\s/.test(text[at] ?? '')) at += 1;
    pieces.push({ text: before }, { action: action.trim() });
  }
  pieces.push({ text: text.slice(at) });
  let next = 0;
  const blocks = read(false);
  return blocks.list;

  function read(isInner: boolean): { list: Block[]; end: string } {
    const list: Block[] = [];
    while (next < pieces.length) {
      const piece = pieces[next++]!;
      if ('text' in piece) {
        if (piece.text !== '') list.push({ kind: 'text', text: piece.text });
        continue;
      }
      const { action } = piece;
      if (action.startsWith('/*')) continue;
      if (action === 'end' || /^else\b/.test(action)) {
        if (!isInner) throw bad(`unexpected {{${action}}}`);
        return { list, end: action };
      }
      const word = /^(if|with|range)\b\s*(.*)$/s.exec(action);
      if (word !== null) list.push(control(word[1] as 'if', word[2]!));
      else {
        const assignment = /^(\$[a-zA-Z_][a-zA-Z0-9_]*)\s*:?=\s*(.*)$/s.exec(action);
        if (assignment !== null) list.push({ kind: 'set', name: assignment[1]!, term: parsePipeline(assignment[2]!) });
        else list.push({ kind: 'print', term: parsePipeline(action) });
      }
    }
    if (isInner) throw bad('an {{end}} is missing');
    return { list, end: '' };
  }

  function control(kind: 'if' | 'with' | 'range', rest: string): Block {
    const named = /^(?:\$[a-zA-Z_]\w*\s*,\s*)?(\$[a-zA-Z_][a-zA-Z0-9_]*)\s*:=\s*(.*)$/s.exec(rest);
    const term = parsePipeline(named?.[2] ?? rest);
    const { end, list } = read(true);
    let otherwise: Block[] = [];
    const elseIf = /^else\s+(if|with)\b\s*(.*)$/s.exec(end);
    if (elseIf !== null) otherwise = [control(elseIf[1] as 'if', elseIf[2]!)];
    else if (end === 'else') otherwise = read(true).list;
    return { kind, ...(named !== null && { name: named[1]! }), term, body: list, otherwise };
  }
}

function bad(message: string): MetricsError {
  return new MetricsError('HW_METRICS_RULES', `template: ${message}`);
}

function parsePipeline(text: string): Term {
  const tokens: { text: string; isSpaced: boolean }[] = [];
  tokenPattern.lastIndex = 0;
  let at = 0;
  while (at < text.length && text.slice(at).trim() !== '') {
    tokenPattern.lastIndex = at;
    const match = tokenPattern.exec(text);
    if (match === null) throw bad(`unexpected ${JSON.stringify(text.slice(at, at + 20))}`);
    tokens.push({ text: match[1]!, isSpaced: match[0].length > match[1]!.length });
    at = tokenPattern.lastIndex;
  }
  let next = 0;
  const term = pipeline();
  if (next < tokens.length) throw bad(`unexpected ${JSON.stringify(tokens[next]!.text)}`);
  return term;

  function pipeline(): Term {
    let left = command();
    while (tokens[next]?.text === '|') {
      next += 1;
      const call = command();
      if (call.kind !== 'call') throw bad('what follows | must be a function');
      left = { ...call, args: [...call.args, left] };
    }
    return left;
  }

  function command(): Term {
    const first = operand();
    if (first.kind !== 'call' || first.args.length > 0) return first;
    const args: Term[] = [];
    while (next < tokens.length && tokens[next]!.text !== '|' && tokens[next]!.text !== ')') args.push(operand());
    return { ...first, args };
  }

  function operand(): Term {
    const token = tokens[next++];
    if (token === undefined) throw bad('a value is missing');
    const { text: word } = token;
    let term: Term;
    if (word === '(') {
      const inner = pipeline();
      if (tokens[next++]?.text !== ')') throw bad('a ) is missing');
      // A function in parentheses is complete.
      term = inner.kind === 'call' ? { kind: 'call', name: 'identity', args: [inner] } : inner;
    } else if (word.startsWith('"')) term = { kind: 'literal', value: JSON.parse(word) as string };
    else if (word.startsWith('`')) term = { kind: 'literal', value: word.slice(1, -1) };
    else if (word === '.') term = { kind: 'path', name: '.', fields: [] };
    else if (word.startsWith('.') && !/\d/.test(word[1]!))
      return { kind: 'path', name: '.', fields: word.slice(1).split('.') };
    else if (word.startsWith('$')) term = { kind: 'path', name: word, fields: [] };
    else if (/^[+\-.\d]/.test(word)) term = { kind: 'literal', value: Number(word) };
    else if (word === 'true' || word === 'false') term = { kind: 'literal', value: word === 'true' };
    else if (word === 'nil') term = { kind: 'literal', value: null };
    else if (/^[a-zA-Z_]/.test(word)) term = { kind: 'call', name: word, args: [] };
    else throw bad(`unexpected ${JSON.stringify(word)}`);
    const after = tokens[next];
    if (after !== undefined && !after.isSpaced && /^\.[a-zA-Z_]/.test(after.text)) {
      next += 1;
      const fields = after.text.slice(1).split('.');
      if (term.kind === 'path') return { ...term, fields: [...term.fields, ...fields] };
      return {
        kind: 'call',
        name: 'field',
        args: [term, ...fields.map((value): Term => ({ kind: 'literal', value }))],
      };
    }
    return term;
  }
}
