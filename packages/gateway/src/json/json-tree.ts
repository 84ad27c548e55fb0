/**
 * A JSON text as a tree of its own pieces: what is not changed is written as it was read, so that numbers keep all of their digits and texts their escapes.
 * `JSON.parse` would not.
 */
export type JsonTree =
  | { kind: 'text'; text: string }
  | { kind: 'array'; items: JsonTree[] }
  | { kind: 'object'; members: JsonMember[] };

export interface JsonMember {
  /** As it stands, with its quotes. */
  nameText: string;
  name: string;
  value: JsonTree;
}

/** Reads a text that `checkJson` has found to be JSON; others give nonsense or throw. */
export function readJson(text: string): JsonTree {
  return new Reader(text).value();
}

export function writeJson(tree: JsonTree): string {
  switch (tree.kind) {
    case 'text':
      return tree.text;
    case 'array':
      return `[${tree.items.map(writeJson).join(',')}]`;
    case 'object':
      return `{${tree.members.map((member) => `${member.nameText}:${writeJson(member.value)}`).join(',')}}`;
  }
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(): JsonTree {
    this.#space();
    const first = this.#text[this.#at];
    if (first === '{') return this.#object();
    if (first === '[') return this.#array();
    if (first === '"') return { kind: 'text', text: this.#string() };
    const from = this.#at;
    while (this.#at < this.#text.length && !/[\s,\]}]/.test(this.#text[this.#at]!)) this.#at++;
    return { kind: 'text', text: this.#text.slice(from, this.#at) };
  }

  #object(): JsonTree {
    const members: JsonMember[] = [];
    this.#at++;
    for (this.#space(); this.#text[this.#at] !== '}'; this.#space()) {
      if (this.#text[this.#at] === ',') this.#at++;
      this.#space();
      const nameText = this.#string();
      this.#space();
      this.#at++;
      members.push({ nameText, name: JSON.parse(nameText) as string, value: this.value() });
    }
    this.#at++;
    return { kind: 'object', members };
  }

  #array(): JsonTree {
    const items: JsonTree[] = [];
    this.#at++;
    for (this.#space(); this.#text[this.#at] !== ']'; this.#space()) {
      if (this.#text[this.#at] === ',') this.#at++;
      items.push(this.value());
    }
    this.#at++;
    return { kind: 'array', items };
  }

  #string(): string {
    const from = this.#at++;
    while (this.#text[this.#at] !== '"') {
      if (this.#at >= this.#text.length) throw new Error('a text has no end');
      this.#at += this.#text[this.#at] === '\\' ? 2 : 1;
    }
    return this.#text.slice(from, ++this.#at);
  }

  #space(): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++;
    if (this.#at >= this.#text.length) throw new Error('the text ends early');
  }
}
