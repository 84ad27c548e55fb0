import { type JsonTree, readJson } from './json-tree.ts';

/** A change of a document; where its pointer (RFC 6901) leads nowhere, `remove` and `rename` do nothing, and `set` makes the way there. */
export type JsonEdit =
  | { kind: 'set'; pointer: readonly string[]; valueText: string }
  | { kind: 'remove'; pointer: readonly string[] }
  | { kind: 'rename'; pointer: readonly string[]; name: string };

/** Throws for a text that is no pointer to something within a document. */
export function parsePointer(text: string): readonly string[] {
  if (!text.startsWith('/') || /~(?![01])/.test(text))
    throw new Error(`"${text}" is not a JSON pointer such as /a/b/0`);
  return text
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

export function editJson(tree: JsonTree, edits: readonly JsonEdit[]): void {
  for (const edit of edits) {
    const parent = find(tree, edit.pointer.slice(0, -1), edit.kind === 'set');
    if (parent === undefined || parent.kind === 'text') continue;
    const last = edit.pointer.at(-1)!;
    if (parent.kind === 'array') editItem(parent.items, last, edit);
    else editMember(parent, last, edit);
  }
}

/** Removes members by name: those of the document itself, or wherever they are. */
export function removeMembers(tree: JsonTree, names: ReadonlySet<string>, isDeep: boolean): void {
  if (tree.kind === 'object') {
    tree.members = tree.members.filter((member) => !names.has(member.name));
    if (isDeep) for (const member of tree.members) removeMembers(member.value, names, true);
  } else if (tree.kind === 'array' && isDeep) for (const item of tree.items) removeMembers(item, names, true);
}

function find(tree: JsonTree, pointer: readonly string[], isMade: boolean): JsonTree | undefined {
  let at: JsonTree | undefined = tree;
  for (const token of pointer) {
    if (at.kind === 'array') at = /^(?:0|[1-9]\d{0,8})$/.test(token) ? at.items[Number(token)] : undefined;
    else if (at.kind === 'object') {
      // Of a name that is there twice, the last one is what readers take.
      let next: JsonTree | undefined = at.members.findLast((member) => member.name === token)?.value;
      if (next === undefined && isMade) {
        next = { kind: 'object', members: [] };
        at.members.push({ nameText: JSON.stringify(token), name: token, value: next });
      }
      at = next;
    } else return undefined;
    if (at === undefined) return undefined;
  }
  return at;
}

function editItem(items: JsonTree[], token: string, edit: JsonEdit): void {
  const index = token === '-' ? items.length : /^(?:0|[1-9]\d{0,8})$/.test(token) ? Number(token) : -1;
  if (index < 0 || index > items.length) return;
  if (edit.kind === 'set') items[index] = readJson(edit.valueText);
  else if (edit.kind === 'remove' && index < items.length) items.splice(index, 1);
}

function editMember(parent: JsonTree & { kind: 'object' }, name: string, edit: JsonEdit): void {
  if (edit.kind === 'remove') parent.members = parent.members.filter((member) => member.name !== name);
  else if (edit.kind === 'set') {
    const value = readJson(edit.valueText);
    const member = parent.members.findLast((each) => each.name === name);
    if (member === undefined) parent.members.push({ nameText: JSON.stringify(name), name, value });
    else member.value = value;
  } else {
    const member = parent.members.findLast((each) => each.name === name);
    if (member === undefined || edit.name === name) return;
    parent.members = parent.members.filter(
      (each) => each.name !== edit.name && (each.name !== name || each === member),
    );
    member.name = edit.name;
    member.nameText = JSON.stringify(edit.name);
  }
}
