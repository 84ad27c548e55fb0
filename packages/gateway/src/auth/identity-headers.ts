import type { HeaderList } from '../proxy/header-list.ts';
import type { Caller } from '../stages/call.ts';

/**
 * Headers by which services behind a gateway commonly learn who calls. Whoever could send them from outside would be anybody; so they are taken
 * away, in either spelling (`X_User` reads as `X-User` in many servers).
 */
const identityHeader =
  /^(?:x[-_]user(?:[-_].*)?|x[-_]forwarded[-_](?:user|email|groups|preferred[-_]username)|(?:x[-_])?remote[-_]user|x[-_]auth[-_]request[-_].*|x[-_]authenticated[-_].*)$/i;

export function removeIdentityHeaders(headers: HeaderList): void {
  const { raw } = headers;
  for (let i = raw.length - 2; i >= 0; i -= 2) {
    const name = raw[i]!;
    const first = name.charCodeAt(0) | 0x20;
    // Most names begin with other letters than x and r.
    if ((first === 0x78 || first === 0x72) && identityHeader.test(name)) raw.splice(i, 2);
  }
}

export function addIdentityHeaders(headers: HeaderList, caller: Caller): void {
  headers.add('X-User', caller.name);
  headers.add('X-User-Id', caller.subject);
  if (caller.roles.length > 0) headers.add('X-User-Roles', caller.roles.join(','));
}
