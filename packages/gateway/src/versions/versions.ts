import { HttpError } from '@headwater/http';
import { GatewayError } from '../errors.ts';
import type { PredicateKind } from '../routes/predicates/predicate.ts';
import type { RouteRequest } from '../routes/route-request.ts';
import type { GatewayModule } from '../stages/module.ts';
import { type ApiVersion, compareVersions, parseVersion } from './api-version.ts';

/** Where a request says which version of an API it wants; the first that says one counts, in this order. */
export interface VersionOptions {
  /** A header. Default `X-API-Version`; null: none. */
  header?: string | null;
  /** `Accept: application/vnd.shop.v2+json`. Default true. */
  vendorMediaType?: boolean;
  /** `Accept: application/json;version=2`. Default `version`; null: none. */
  mediaTypeParameter?: string | null;
  /** `?api-version=2`. Default none. */
  query?: string;
  /** The segment of the path, from 0, where it looks like a version: `/api/v2/orders` has it at 1. Default none. */
  pathSegment?: number;
  /** Of a request that says none. Default: no route with a version takes it. */
  default?: string;
  /** A request that says none is refused. Default false. */
  required?: boolean;
  /** Others are refused. Default: whatever routes there are. */
  supported?: readonly string[];
}

/** Reads the version that a request asks for. */
export class VersionReader {
  readonly #options: VersionOptions;
  readonly #header: string | undefined;
  readonly #parameter: RegExp | undefined;
  readonly #default: ApiVersion | undefined;
  readonly #supported: readonly ApiVersion[] | undefined;

  /** Throws GatewayError for a version that is none. */
  constructor(options: VersionOptions) {
    this.#options = options;
    this.#header = options.header === null ? undefined : (options.header ?? 'X-API-Version').toLowerCase();
    const parameter = options.mediaTypeParameter === undefined ? 'version' : options.mediaTypeParameter;
    this.#parameter =
      parameter === null ? undefined : new RegExp(`;\\s*${parameter.replace(/[^\w-]/g, '')}\\s*=\\s*"?([\\w.]+)`, 'i');
    this.#default = options.default === undefined ? undefined : configured(options.default);
    this.#supported = options.supported?.map(configured);
  }

  /** Undefined when the request says none and there is no default. Throws HttpError 400 for one that is none, is not supported, or is missing. */
  read(request: RouteRequest): ApiVersion | undefined {
    const text = this.#text(request);
    if (text === undefined) {
      if (this.#options.required === true && this.#default === undefined)
        throw new HttpError(400, 'HW_GATEWAY_API_VERSION', `the request says no version of the API: ${this.#how()}`);
      return this.#default;
    }
    const version = parseVersion(text);
    if (version === undefined)
      throw new HttpError(400, 'HW_GATEWAY_API_VERSION', `"${text.slice(0, 40)}" is not a version such as 2 or 1.3`);
    if (this.#supported?.some((each) => compareVersions(each, version) === 0) === false)
      throw new HttpError(
        400,
        'HW_GATEWAY_API_VERSION',
        `version ${text} of the API is not served: ask for ${this.#options.supported!.join(', ')}`,
        { supported: this.#options.supported },
      );
    return version;
  }

  #text(request: RouteRequest): string | undefined {
    const { headers } = request;
    const header = this.#header === undefined ? undefined : headers[this.#header];
    if (typeof header === 'string' && header !== '') return header;
    const { accept } = headers;
    if (accept !== undefined) {
      const vendor =
        this.#options.vendorMediaType === false ? null : /\.v(\d[\d.]*)(?:\+[\w.-]+)?\s*(?:[;,]|$)/i.exec(accept);
      const found = vendor?.[1] ?? this.#parameter?.exec(accept)?.[1];
      if (found !== undefined) return found;
    }
    const { query, pathSegment } = this.#options;
    const asked = query === undefined || request.search === '' ? null : request.query.get(query);
    if (asked !== null && asked !== '') return asked;
    const segment = pathSegment === undefined ? undefined : request.segments[pathSegment];
    // Other paths have other things at that place.
    return segment !== undefined && /^v\d/i.test(segment) ? segment : undefined;
  }

  #how(): string {
    return this.#header === undefined ? 'add it to Accept' : `add ${this.#options.header ?? 'X-API-Version'}`;
  }
}

/** The predicate `Version=1.2` (that one) and `Version=1.2+` (that one and later). */
export function createVersions(options: VersionOptions): GatewayModule {
  const reader = new VersionReader(options);
  const version: PredicateKind = {
    name: 'Version',
    shape: { fields: ['version'] },
    create(args) {
      const text = args.text('version');
      const isBaseline = text.endsWith('+');
      const wanted = parseVersion(isBaseline ? text.slice(0, -1) : text);
      if (wanted === undefined) return args.fail(`"${text}" is not a version such as 2, 1.3 or 1.3+`);
      return {
        test(request) {
          const asked = reader.read(request);
          if (asked === undefined) return false;
          const order = compareVersions(asked, wanted);
          return isBaseline ? order >= 0 : order === 0;
        },
      };
    },
  };
  return { name: 'versions', predicates: [version] };
}

function configured(text: string): ApiVersion {
  const version = parseVersion(String(text));
  if (version === undefined)
    throw new GatewayError('HW_GATEWAY_BAD_ROUTE', `versions: "${text}" is not a version such as 2 or 1.3`);
  return version;
}
