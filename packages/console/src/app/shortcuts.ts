import { useEffect, useEffectEvent } from 'react';
import { KeySequence } from './key-sequence.ts';
import { shortcutsSetting } from './settings.ts';

type Bindings = Record<string, () => void>;

/** Later ones come first: an open panel's Esc before the page's. */
const stack: (() => Bindings)[] = [];
const sequence = new KeySequence();

/** Keys that work while the component is there. They never fire in inputs, with modifiers, or when switched off in help. */
export function useShortcuts(bindings: Bindings): void {
  const current = useEffectEvent(() => bindings);
  useEffect(() => {
    const read = (): Bindings => current();
    stack.push(read);
    return () => {
      stack.splice(stack.indexOf(read), 1);
    };
  }, []);
}

/** Keys that are no characters work even when single-key shortcuts are off (WCAG 2.1.4 is about characters). */
const always = new Set(['Escape', 'Enter', 'ArrowDown', 'ArrowUp']);

addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const target = event.target as HTMLElement;
  if (document.querySelector('dialog[open]')) return;
  const isTyping = target.matches('input:not([type=checkbox]), textarea, select, [contenteditable]');
  if (isTyping && event.key !== 'Escape') return;
  if (shortcutsSetting.get() === 'off' && !always.has(event.key)) return;
  // Enter and arrows belong to whatever control has the focus.
  const isOnControl = target.matches('a, button, summary, [role=tab], [role=option]');
  if (isOnControl && (event.key === 'Enter' || event.key.startsWith('Arrow'))) return;

  const all = stack.map((read) => read());
  const names = new Set(all.flatMap((bindings) => Object.keys(bindings)));
  const found = sequence.press(event.key, event.timeStamp, names);
  if (found === null) return;
  const run = all.findLast((bindings) => Object.hasOwn(bindings, found))?.[found];
  if (!run) return;
  event.preventDefault();
  run();
});

/** `/`: to the filter of this page. */
export function focusPageFilter(): void {
  const box = document.querySelector<HTMLInputElement>('[data-page-filter]');
  box?.focus();
  box?.select();
}
