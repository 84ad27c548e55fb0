import { useEffect } from 'react';
import { getJson, send } from '../api/http.ts';
import { useLiveState } from './live.ts';
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
    getJson<User>('/oauth/me', controller.signal).then(
      (user) => known.set(user),
      // An older gateway, or none: then there is nobody to show.
      () => {},
    );
    return () => controller.abort();
  }, [kind]);
  return useStore(known);
}

/** Leads to the login and back to this page. */
export function logIn(): void {
  location.assign(`/oauth/login?return_to=${encodeURIComponent(location.pathname + location.search + location.hash)}`);
}

/** Ends the session here and leads to where it ends at the provider. */
export async function logOut(): Promise<void> {
  const { location: target } = JSON.parse(await send('POST', '/oauth/logout')) as { location: string };
  location.assign(target);
}
