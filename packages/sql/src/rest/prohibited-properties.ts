import { isPropertyProhibited } from '../engine/settings/check-property.ts';
import { ApiError, errorCodes } from './api-error.ts';

/** Whether a request may set the property. @throws ApiError where it may not */
export function checkProperty(name: string): void {
  if (!isPropertyProhibited(name)) return;
  throw new ApiError(
    errorCodes.badRequest,
    `Cannot override property '${name}': it is the server's. Set it where the server is started`,
  );
}
