import { HttpError } from '@headwater/http';

const unreachable = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL']);

/** The answer for an upstream that failed before it answered; `name` says which part or route. */
export function forwardError(error: NodeJS.ErrnoException, name: string, origin: string): HttpError {
  const code = error.code ?? '';
  const details = { upstream: origin };
  if (unreachable.has(code))
    return new HttpError(
      503,
      'HW_GATEWAY_UPSTREAM_DOWN',
      `${name} cannot be reached at ${origin} (${code}): is it running?`,
      details,
      error,
    );
  if (code.startsWith('HPE_'))
    return new HttpError(
      502,
      'HW_GATEWAY_BAD_ANSWER',
      `${name} at ${origin} sent an answer that is not valid HTTP (${code})`,
      details,
      error,
    );
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' || /CERT|SELF_SIGNED|VERIFY/.test(code))
    return new HttpError(
      502,
      'HW_GATEWAY_BAD_ANSWER',
      `the certificate of ${name} at ${origin} is not accepted (${code})`,
      details,
      error,
    );
  return new HttpError(
    502,
    'HW_GATEWAY_UPSTREAM_RESET',
    `${name} at ${origin} closed the connection before it answered (${code || error.message})`,
    details,
    error,
  );
}

export function timeoutError(name: string, origin: string, what: string): HttpError {
  return new HttpError(504, 'HW_GATEWAY_UPSTREAM_TIMEOUT', `${name} at ${origin} ${what}`, { upstream: origin });
}
