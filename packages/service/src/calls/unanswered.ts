import { HttpError } from '@headwater/http';
import { unansweredHeader } from '@headwater/resilience';
import type { CallError, CallErrorCode } from './call-error.ts';

const answers: Record<CallErrorCode, readonly [status: number, what: (service: string) => string]> = {
  HW_SERVICE_NO_INSTANCE: [503, (service) => `no instance of ${service} is UP`],
  HW_SERVICE_BREAKER_OPEN: [503, (service) => `${service} failed too often, and is asked again later`],
  HW_SERVICE_CALL_TIMEOUT: [504, (service) => `${service} did not answer in time`],
  HW_SERVICE_CALL_FAILED: [502, (service) => `${service} did not answer`],
};

/** The answer of a route that such a call ended: who is missing, not at which address and why, which is for the log. */
export function unanswered(error: CallError, name: string): HttpError {
  // What is called by an address is not told: callers need not know it.
  const service = error.service.includes('://') ? 'a service' : error.service;
  const [status, what] = answers[error.code];
  const message = `${what(service)}: ${name} needs it for this request, see its log`;
  return new HttpError(status, error.code, message, { service }, error, { [unansweredHeader]: service });
}
