import type { FilterKind } from './filter.ts';

/** `AddRequestHeader=X-Request-red, blue-{segment}`. */
export const addRequestHeader: FilterKind = {
  name: 'AddRequestHeader',
  shape: { fields: ['name', 'value'] },
  create(args) {
    const name = args.headerName('name');
    const value = args.template('value');
    return { request: (draft) => draft.headers.add(name, value.expand(draft.variables)) };
  },
};

/** `AddRequestHeadersIfNotPresent=X-Color-1:blue,X-Color-2:green`. */
export const addRequestHeadersIfNotPresent: FilterKind = {
  name: 'AddRequestHeadersIfNotPresent',
  shape: { fields: ['headers'], gather: 'list' },
  create(args) {
    const pairs = args.list('headers').map((text) => {
      const colon = text.indexOf(':');
      if (colon < 1) return args.fail(`"${text}" must be name:value`);
      return [text.slice(0, colon).trim(), text.slice(colon + 1).trim()] as const;
    });
    return {
      request(draft) {
        for (const [name, value] of pairs) if (!draft.headers.has(name)) draft.headers.add(name, value);
      },
    };
  },
};

/** `SetRequestHeader=X-Request-Red, Blue`. */
export const setRequestHeader: FilterKind = {
  name: 'SetRequestHeader',
  shape: { fields: ['name', 'value'] },
  create(args) {
    const name = args.headerName('name');
    const value = args.template('value');
    return { request: (draft) => draft.headers.set(name, value.expand(draft.variables)) };
  },
};

/** `RemoveRequestHeader=X-Request-Foo`. */
export const removeRequestHeader: FilterKind = {
  name: 'RemoveRequestHeader',
  shape: { fields: ['name'] },
  create(args) {
    const name = args.headerName('name');
    return { request: (draft) => draft.headers.remove(name) };
  },
};

/** `MapRequestHeader=Blue, X-Request-Red`: copies values under another name. */
export const mapRequestHeader: FilterKind = {
  name: 'MapRequestHeader',
  shape: { fields: ['fromHeader', 'toHeader'] },
  create(args) {
    const from = args.headerName('fromHeader');
    const to = args.headerName('toHeader');
    return {
      request(draft) {
        for (const value of draft.headers.all(from)) draft.headers.add(to, value);
      },
    };
  },
};

/** `PreserveHostHeader`: the upstream sees the client's Host. */
export const preserveHostHeader: FilterKind = {
  name: 'PreserveHostHeader',
  shape: { fields: [] },
  create: () => ({
    request(draft) {
      draft.host = draft.originalHost;
    },
  }),
};

/** `SetRequestHostHeader=example.org`. */
export const setRequestHostHeader: FilterKind = {
  name: 'SetRequestHostHeader',
  shape: { fields: ['host'] },
  create(args) {
    const host = args.text('host');
    if (!/^[\w.:[\]-]+$/.test(host)) args.fail(`"${host}" is not a host`);
    return {
      request(draft) {
        draft.host = host;
      },
    };
  },
};
