import type { Zone } from '../format/time.ts';
import { Store } from './store.ts';

export type Theme = 'system' | 'light' | 'dark';

/** What a person chose, remembered in this browser only. Anything a colleague should see is in the URL instead. */
export const themeSetting = remembered<Theme>('theme', ['system', 'light', 'dark']);
export const zoneSetting = remembered<Zone>('zone', ['local', 'utc']);
export const shortcutsSetting = remembered<'on' | 'off'>('shortcuts', ['on', 'off']);

themeSetting.subscribe(() => {
  const theme = themeSetting.get();
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
});

function remembered<T extends string>(name: string, choices: readonly [T, ...T[]]): Store<T> {
  const key = `headwater.${name}`;
  let stored: string | null = null;
  try {
    stored = localStorage.getItem(key);
  } catch {
    // Storage is blocked: settings last as long as the page.
  }
  const store = new Store<T>(choices.find((choice) => choice === stored) ?? choices[0]);
  store.subscribe(() => {
    try {
      localStorage.setItem(key, store.get());
    } catch {
      // As above.
    }
  });
  return store;
}
