import { checkJson, HttpError } from '@headwater/http';
import { editJson, type JsonEdit, parsePointer, removeMembers } from '../../json/json-edit.ts';
import { type JsonTree, readJson, writeJson } from '../../json/json-tree.ts';
import type { HeaderList } from '../../proxy/header-list.ts';
import type { Arguments } from '../arguments.ts';
import type { Filter, FilterKind } from './filter.ts';

const defaultMaxSize = '1MB';
const jsonType = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i;

/** `CacheRequestBody`: keeps a body up to `maxSize` (1 MB), so that it can be sent again. Spring's `bodyClass` is taken and says nothing here. */
export const cacheRequestBody: FilterKind = {
  name: 'CacheRequestBody',
  shape: { fields: ['bodyClass', 'maxSize'] },
  create(args) {
    args.optionalText('bodyClass');
    const maxBytes = args.sizeBytes('maxSize', defaultMaxSize);
    return {
      stage: {
        phase: 'prepare',
        begin(call) {
          call.body.keep(maxBytes);
          return undefined;
        },
      },
    };
  },
};

/**
 * `ModifyRequestBody`: changes a JSON body by pointers: `args: { set: { /a/b: 1 }, remove: [/c], rename: { /d: e }, maxSize: 1MB }`. What is not named
 * stays as it was sent, digit for digit. Other bodies pass as they are. Spring has the name for its Java DSL only.
 */
export const modifyRequestBody: FilterKind = {
  name: 'ModifyRequestBody',
  shape: { fields: ['set', 'remove', 'rename', 'maxSize'] },
  create(args) {
    const edits = editsOf(args);
    const maxBytes = args.sizeBytes('maxSize', defaultMaxSize);
    return {
      stage: {
        phase: 'prepare',
        begin(call) {
          const { headers } = call.req;
          if (!call.body.exists || !jsonType.test(headers['content-type'] ?? '')) return undefined;
          if ((headers['content-encoding'] ?? 'identity') !== 'identity')
            throw new HttpError(415, 'HW_GATEWAY_BODY_ENCODING', 'this route reads the body: send it without encoding');
          if (headers.expect !== undefined && call.req.httpVersionMajor === 1) call.res?.writeContinue();
          return call.body.whole(maxBytes).then((body) => {
            const mistake = checkJson(body);
            if (mistake !== undefined)
              throw new HttpError(
                400,
                'HW_GATEWAY_BAD_REQUEST',
                `the body is not JSON: ${mistake.message}, at line ${mistake.line}, column ${mistake.column}`,
              );
            call.body.replace(changed(body, (tree) => editJson(tree, edits)));
            return undefined;
          });
        },
      },
    };
  },
};

/** `ModifyResponseBody`: the same for answers. One larger than `maxSize`, one that is encoded, or one that is no JSON though it says so is a 502. */
export const modifyResponseBody: FilterKind = {
  name: 'ModifyResponseBody',
  shape: { fields: ['set', 'remove', 'rename', 'maxSize'] },
  create(args) {
    const edits = editsOf(args);
    return ofAnswers(args, (tree) => editJson(tree, edits));
  },
};

/** `RemoveJsonAttributesResponseBody=password,secret[,true]`: removes members of the answer's object; with true wherever they are. */
export const removeJsonAttributesResponseBody: FilterKind = {
  name: 'RemoveJsonAttributesResponseBody',
  shape: { fields: ['fieldList', 'deleteRecursively', 'maxSize'], gather: 'listAndFlag' },
  create(args) {
    const names = new Set(args.list('fieldList'));
    const isDeep = args.flag('deleteRecursively', false);
    return ofAnswers(args, (tree) => removeMembers(tree, names, isDeep));
  },
};

function ofAnswers(args: Arguments, change: (tree: JsonTree) => void): Filter {
  return {
    responseBody: {
      maxBytes: args.sizeBytes('maxSize', defaultMaxSize),
      wants: (draft) => isJson(draft.headers),
      change(body, draft) {
        if ((draft.headers.get('content-encoding') ?? 'identity') !== 'identity')
          throw new HttpError(502, 'HW_GATEWAY_BAD_ANSWER', 'the answer is encoded: this route cannot change it');
        if (body.length === 0) return body;
        if (checkJson(body) !== undefined)
          throw new HttpError(502, 'HW_GATEWAY_BAD_ANSWER', 'the answer says that it is JSON, and is not');
        return changed(body, change);
      },
    },
  };
}

function isJson(headers: HeaderList): boolean {
  return jsonType.test(headers.get('content-type') ?? '');
}

function changed(body: Buffer, change: (tree: JsonTree) => void): Buffer {
  const tree = readJson(body.toString());
  change(tree);
  return Buffer.from(writeJson(tree));
}

function editsOf(args: Arguments): readonly JsonEdit[] {
  const edits: JsonEdit[] = [];
  const pointer = (text: string): readonly string[] => {
    try {
      return parsePointer(text);
    } catch (cause) {
      return args.fail((cause as Error).message, cause);
    }
  };
  for (const [from, name] of Object.entries(args.exactMap('rename'))) {
    if (typeof name !== 'string') args.fail(`rename needs the new name of ${from}`);
    edits.push({ kind: 'rename', pointer: pointer(from), name: String(name) });
  }
  for (const [at, value] of Object.entries(args.exactMap('set')))
    edits.push({ kind: 'set', pointer: pointer(at), valueText: JSON.stringify(value) });
  if (args.has('remove')) for (const at of args.list('remove')) edits.push({ kind: 'remove', pointer: pointer(at) });
  if (edits.length === 0) args.fail('names nothing to set, remove or rename');
  return edits;
}
