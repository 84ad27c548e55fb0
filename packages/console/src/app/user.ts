import { useEffect } from 'react';
import { getJson, send } from '../api/http.ts';
import { useLiveState } from './live.ts';
import { navigate } from './navigation.tsx';
import { Store, useStore } from './store.ts';

/** Who one is to the gateway: `GET /oauth/me`. */
export interface User {
  user: string | null;
  roles: readonly string[];
  isDeveloper: boolean;
  isLoggedIn: boolean;
  canLogIn: boolean;
}

const known = new Store<User | null>(null);

/** Asked again whenever the connection comes back: a login may be over by then. Null until it is known. */
export function useUser(): User | null {
  const { kind } = useLiveState();
  useEffect(() => {
    const controller = new AbortController();
    askWhoIAm(controller.signal);
    return () => controller.abort();
  }, [kind]);
  return useStore(known);
}

/** Asks now, e.g. because a request was refused for want of a login. */
export function askWhoIAm(signal?: AbortSignal): void {
  getJson<User>('/oauth/me', signal).then(
    (user) => known.set(user),
    // An older gateway, or none: then there is nobody to show.
    () => {},
  );
}

/** Leads to the login and back to this page. */
export function logIn(): void {
  location.assign(`/oauth/login?return_to=${encodeURIComponent(location.pathname + location.search + location.hash)}`);
}

const afterLogOutKey = 'headwater.after-log-out';

/** Ends the session here and leads to where it ends at the provider; the way leads back to this page (see below). */
export async function logOut(): Promise<void> {
  const { location: target } = JSON.parse(await send('POST', '/oauth/logout')) as { location: string };
  try {
    sessionStorage.setItem(afterLogOutKey, location.pathname);
  } catch {
    // Storage is blocked: then the first page is where one comes back.
  }
  location.assign(target);
}

/** The provider leads back to the one address that it knows, the first page: from there one goes on to where one was. */
export function returnAfterLogOut(): void {
  try {
    const path = sessionStorage.getItem(afterLogOutKey);
    if (path === null) return;
    sessionStorage.removeItem(afterLogOutKey);
    if (path.startsWith('/ui/') && location.pathname === '/ui/') navigate(path, { replace: true });
  } catch {
    // As above.
  }
}
