import { ApiError, readError } from './api-error.ts';

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
