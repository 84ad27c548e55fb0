import type { FilterKind } from './filter.ts';

/** `AddRequestParameter=red, blue-{segment}`. */
export const addRequestParameter: FilterKind = {
  name: 'AddRequestParameter',
  shape: { fields: ['name', 'value'] },
  create(args) {
    const name = encodeURIComponent(args.text('name'));
    const value = args.template('value');
    return {
      request(draft) {
        const pair = `${name}=${encodeURIComponent(value.expand(draft.variables).toWellFormed())}`;
        draft.search = draft.search.length > 1 ? `${draft.search}&${pair}` : `?${pair}`;
      },
    };
  },
};

/** `RemoveRequestParameter=red`. */
export const removeRequestParameter: FilterKind = {
  name: 'RemoveRequestParameter',
  shape: { fields: ['name'] },
  create(args) {
    const name = args.text('name');
    return {
      request(draft) {
        draft.search = mapPairs(draft.search, (key, pair) => (key === name ? undefined : pair));
      },
    };
  },
};

/** `RewriteRequestParameter=campaign, fall2030`: sets the value where the parameter is there. */
export const rewriteRequestParameter: FilterKind = {
  name: 'RewriteRequestParameter',
  shape: { fields: ['name', 'replacement'] },
  create(args) {
    const name = args.text('name');
    const pair = `${encodeURIComponent(name)}=${encodeURIComponent(args.text('replacement'))}`;
    return {
      request(draft) {
        draft.search = mapPairs(draft.search, (key, current) => (key === name ? pair : current));
      },
    };
  },
};

/** Works on the text, so that other parameters keep the encoding in which they came. */
function mapPairs(search: string, change: (name: string, pair: string) => string | undefined): string {
  if (search.length < 2) return search;
  const pairs: string[] = [];
  for (const pair of search.slice(1).split('&')) {
    const changed = change(decode(pair.split('=', 1)[0]!), pair);
    if (changed !== undefined) pairs.push(changed);
  }
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
