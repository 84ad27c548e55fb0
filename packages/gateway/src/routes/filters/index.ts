import { redirectTo, setStatus } from './answers.ts';
import { deprecated } from './deprecated.ts';
import type { FilterKind } from './filter.ts';
import { requestHeaderSize, requestSize } from './limits.ts';
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

const kinds: readonly FilterKind[] = [
  addRequestHeader,
  addRequestHeadersIfNotPresent,
  addRequestParameter,
  addResponseHeader,
  dedupeResponseHeader,
  deprecated,
  mapRequestHeader,
  prefixPath,
  preserveHostHeader,
  redirectTo,
  removeRequestHeader,
  removeRequestParameter,
  removeResponseHeader,
  requestHeaderSize,
  requestSize,
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
  ['CacheRequestBody', 'bodies are streamed'],
  ['ModifyRequestBody', 'bodies are streamed; in Spring it exists in the Java DSL only'],
  ['ModifyResponseBody', 'bodies are streamed; in Spring it exists in the Java DSL only'],
  ['RemoveJsonAttributesResponseBody', 'bodies are streamed'],
  ['LocalResponseCache', 'answers are not cached'],
  ['JsonToGrpc', 'gRPC is not served'],
  ['RewriteLocationResponseHeader', 'use RewriteResponseHeader=Location, <regexp>, <replacement>'],
  ['RequestHeaderToRequestUri', 'an address from a header would let the caller choose any target'],
]);
