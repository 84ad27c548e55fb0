import { redirectTo, setStatus } from './answers.ts';
import { cacheRequestBody, modifyRequestBody, modifyResponseBody, removeJsonAttributesResponseBody } from './bodies.ts';
import { deprecated } from './deprecated.ts';
import type { FilterKind } from './filter.ts';
import { requestHeaderSize, requestSize } from './limits.ts';
import { localResponseCache } from './local-response-cache.ts';
import { addRequestParameter, removeRequestParameter, rewriteRequestParameter } from './parameters.ts';
import { prefixPath, rewritePath, setPath, stripPrefix } from './path.ts';
import {
  addRequestHeader,
  addRequestHeadersIfNotPresent,
  mapRequestHeader,
  preserveHostHeader,
  removeRequestHeader,
  setRequestHeader,
  setRequestHostHeader,
} from './request-headers.ts';
import {
  addResponseHeader,
  dedupeResponseHeader,
  removeResponseHeader,
  rewriteResponseHeader,
  secureHeaders,
  setResponseHeader,
} from './response-headers.ts';
import { rewriteLocationResponseHeader } from './rewrite-location.ts';

const kinds: readonly FilterKind[] = [
  addRequestHeader,
  addRequestHeadersIfNotPresent,
  addRequestParameter,
  addResponseHeader,
  cacheRequestBody,
  dedupeResponseHeader,
  deprecated,
  localResponseCache,
  mapRequestHeader,
  modifyRequestBody,
  modifyResponseBody,
  prefixPath,
  preserveHostHeader,
  redirectTo,
  removeJsonAttributesResponseBody,
  removeRequestHeader,
  removeRequestParameter,
  removeResponseHeader,
  requestHeaderSize,
  requestSize,
  rewriteLocationResponseHeader,
  rewritePath,
  rewriteRequestParameter,
  rewriteResponseHeader,
  secureHeaders,
  setPath,
  setRequestHeader,
  setRequestHostHeader,
  setResponseHeader,
  setStatus,
  stripPrefix,
];

/** Every filter that routes may use. */
export const filterKinds: ReadonlyMap<string, FilterKind> = new Map(kinds.map((kind) => [kind.name, kind]));

/** Spring's filters that are known and not served, with the reason. */
export const refusedFilters: ReadonlyMap<string, string> = new Map([
  ['JsonToGrpc', 'gRPC is not served'],
  ['RequestHeaderToRequestUri', 'an address from a header would let the caller choose any target'],
]);
