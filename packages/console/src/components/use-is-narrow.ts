import { useSyncExternalStore } from 'react';

const narrow = matchMedia('(max-width: 620px)');

function onChange(tell: () => void): () => void {
  narrow.addEventListener('change', tell);
  return () => narrow.removeEventListener('change', tell);
}

/** A phone: a table has room for a name, what is said of it below, and one or two figures. */
export function useIsNarrow(): boolean {
  return useSyncExternalStore(onChange, () => narrow.matches);
}
