import type { ComponentProps, MouseEvent, ReactNode } from 'react';
import { parseRoute, type Route } from '../url/route.ts';
import { withParams } from '../url/search-params.ts';
import { Store, useStore } from './store.ts';

interface Place {
  pathname: string;
  search: string;
}

const read = (): Place => ({ pathname: location.pathname, search: location.search });
const place = new Store<Place>(read());
addEventListener('popstate', () => place.set(read()));

export function navigate(to: string, options: { replace?: boolean } = {}): void {
  const url = new URL(to, location.href);
  if (url.pathname === location.pathname && url.search === location.search) return;
  const isOtherPage = url.pathname !== location.pathname;
  history[options.replace ? 'replaceState' : 'pushState'](null, '', url);
  place.set(read());
  if (isOtherPage) scrollTo(0, 0);
}

/** Changes parameters of this page's URL. What one types or drags replaces, what one chooses adds a step for Back. */
export function setParams(
  changes: Record<string, string | number | null | undefined>,
  options: { replace?: boolean } = {},
): void {
  navigate(location.pathname + withParams(location.search, changes), options);
}

export function useRoute(): Route {
  return parseRoute(useStore(place).pathname);
}

export function useParams(): URLSearchParams {
  return new URLSearchParams(useStore(place).search);
}

export function usePathname(): string {
  return useStore(place).pathname;
}

/** A link within the console; with a modifier key, or to elsewhere, it is the browser's. */
export function Link({ to, onClick, ...props }: ComponentProps<'a'> & { to: string; children: ReactNode }): ReactNode {
  const follow = (event: MouseEvent<HTMLAnchorElement>): void => {
    onClick?.(event);
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(to);
  };
  return <a {...props} href={to} onClick={follow} />;
}
