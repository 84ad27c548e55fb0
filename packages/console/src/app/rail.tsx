import { type ReactNode, useEffect, useRef } from 'react';
import { Icon, Logo } from '../components/icons.tsx';
import { pathOf, placeOf } from '../url/route.ts';
import { Link, useRoute } from './navigation.tsx';
import type { Place } from './places.ts';

/** Where one can go. At the left on wide screens, at the bottom on narrow ones. */
export function Rail({ places }: { places: readonly Place[] }): ReactNode {
  const current = placeOf(useRoute());
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    // On narrow screens the places scroll sideways: the current one is in sight.
    list.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [current, places.length]);
  return (
    <nav className="rail" aria-label="Places">
      <Link to={pathOf({ page: 'map' })} className="rail-home" aria-label="Headwater, to the map">
        <Logo />
        <span>Headwater</span>
      </Link>
      <ul ref={list}>
        {places.map((place) => (
          <li key={place.id}>
            <Link
              to={place.path}
              className="rail-place"
              aria-current={place.id === current ? 'page' : undefined}
              title={`${place.name} (g ${place.key})`}
            >
              <Icon name={place.icon} />
              <span>{place.name}</span>
            </Link>
          </li>
        ))}
      </ul>
      <p className="rail-note">Watching leaves no trace: the console joins no group and commits no offset.</p>
    </nav>
  );
}
