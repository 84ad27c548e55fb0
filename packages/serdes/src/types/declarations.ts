/**
 * TypeScript for one schema. It is put into a `declare namespace` of its own, so names need to be unique only among themselves. What
 * this package has is written `serdes.Decimal`: the file around it imports the package under that name.
 */
export interface TypeDeclarations {
  /** The type of a value: a name that is declared, or an expression such as `bigint`. */
  name: string;
  /** `export interface …` and `export type …`, with TSDoc; empty when there is nothing to declare. */
  declarations: string;
}

/** What declarations use themselves, or what no type may be called. */
const takenNames = new Set(
  (
    'any,as,async,await,bigint,boolean,break,case,catch,class,const,continue,debugger,declare,default,delete,do,else,enum,export,extends,false,' +
    'finally,for,from,function,get,if,implements,import,in,infer,instanceof,interface,intrinsic,is,keyof,let,module,namespace,never,new,null,' +
    'number,object,of,package,private,protected,public,readonly,require,return,satisfies,serdes,set,static,string,super,switch,symbol,this,' +
    'throw,true,try,type,typeof,undefined,unique,unknown,using,var,void,while,with,yield,Array,Partial,Readonly,Record,Uint8Array'
  ).split(','),
);

/** Gives names that are legal, that never clash, and that are the same for the same schema. */
export class TypeNames {
  readonly #given = new Set<string>();

  /**
   * The first of the wishes that is free, in the order given; when none is, the last one with a number.
   *
   * @example
   * names.give('Order', 'com.acme.Order'); // 'Order', or 'ComAcmeOrder' when that is taken, then 'ComAcmeOrder2'
   */
  give(...wishes: readonly string[]): string {
    let name = '';
    for (const wish of wishes) {
      name = identifier(wish);
      if (this.#take(name)) return name;
    }
    for (let count = 2; ; count += 1) if (this.#take(`${name}${count}`)) return `${name}${count}`;
  }

  #take(name: string): boolean {
    if (takenNames.has(name) || this.#given.has(name)) return false;
    this.#given.add(name);
    return true;
  }
}

const identifierPattern = /^[\p{L}_$][\p{L}\p{N}_$]*$/u;

/** A legal name: as it is when it is one, else its parts one after the other, each with a capital letter: `a-b.c` is `ABC`. */
function identifier(text: string): string {
  if (identifierPattern.test(text)) return text;
  const parts = text.split(/[^\p{L}\p{N}_$]+/u).filter((part) => part !== '');
  const name = parts.map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join('');
  return identifierPattern.test(name) ? name : `_${name}`;
}

/** A member's name, in quotation marks where it is no identifier. */
export function propertyName(name: string): string {
  return identifierPattern.test(name) ? name : quoted(name);
}

/** A text as a literal of TypeScript, in single quotation marks. */
export function quoted(text: string): string {
  const inner = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${inner.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}'`;
}

/** A comment with its line end; empty without a text. What would end it early is written apart. */
export function tsDoc(text: string | undefined, indent = ''): string {
  const lines = (text ?? '')
    .replaceAll('*/', '* /')
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map((line) => line.trimEnd());
  while (lines.length > 0 && lines[0] === '') lines.shift();
  while (lines.length > 0 && lines.at(-1) === '') lines.pop();
  if (lines.length === 0) return '';
  if (lines.length === 1) return `${indent}/** ${lines[0]!.trim()} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} *${line === '' ? '' : ` ${line}`}\n`).join('')}${indent} */\n`;
}
