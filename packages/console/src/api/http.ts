/** A refusal in words that a person can act on, whichever part it came from. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  /** Line and column, shard failures, …: what the part added. */
  readonly details: Record<string, unknown>;

  constructor(status: number, code: string, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

export async function getJson<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await (await request('GET', path, undefined, {}, signal)).json()) as T;
}

export async function getText(path: string, signal?: AbortSignal): Promise<string> {
  return (await request('GET', path, undefined, {}, signal)).text();
}

export async function send(
  method: 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: string,
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<string> {
  return (await request(method, path, body, headers, signal)).text();
}

async function request(
  method: string,
  path: string,
  body: string | undefined,
  headers: Record<string, string>,
  signal: AbortSignal | undefined,
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: {
        accept: 'application/json',
        // The flow leaves out the console's own searches by this name.
        'x-opaque-id': 'headwater-console',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, 'HW_CONSOLE_UNREACHABLE', 'The gateway does not answer. Is Headwater still running?');
  }
  if (!response.ok) throw readError(response.status, await response.text());
  return response;
}

/** Headwater's shape, Elasticsearch's shape, or whatever came. */
function readError(status: number, text: string): ApiError {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    if (typeof error === 'string') return new ApiError(status, `HTTP_${status}`, error);
    if (error && typeof error === 'object') {
      const { code, message, type, reason, root_cause, ...details } = error as Record<string, unknown>;
      const cause = Array.isArray(root_cause) ? (root_cause[0] as { reason?: string } | undefined) : undefined;
      const words = message ?? cause?.reason ?? reason ?? text;
      return new ApiError(status, String(code ?? type ?? `HTTP_${status}`), String(words), details);
    }
  } catch {
    // Not JSON: the text itself is shown.
  }
  return new ApiError(status, `HTTP_${status}`, text.slice(0, 500) || `The answer was ${status} without a reason.`);
}
