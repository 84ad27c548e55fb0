import { ApiError, errorCodes } from './api-error.ts';

/** Properties that no request may set: what is the server's, or gets at its files. */
const prohibited =
  /^(?:ksql\.streams\.)?(?:bootstrap\.servers|ssl\.|sasl\.|application\.id|state\.dir|ksql\.service\.id|ksql\.schema\.registry|ksql\.extension\.dir|listeners)/;

/** Whether a request may set the property. @throws ApiError where it may not */
export function checkProperty(name: string): void {
  if (!prohibited.test(name)) return;
  throw new ApiError(
    errorCodes.badRequest,
    `Cannot override property '${name}': it is the server's. Set it where the server is started`,
  );
}
