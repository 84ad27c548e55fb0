import type { ReactNode } from 'react';
import { Store, useStore } from '../app/store.ts';
import { IconButton } from './controls.tsx';
import { Icon } from './icons.tsx';
import { StateIcon } from './state.tsx';
import './toasts.css';

interface Toast {
  id: number;
  kind: 'done' | 'failed';
  text: string;
}

const toasts = new Store<readonly Toast[]>([]);
const toastsMax = 4;
let nextId = 1;

/** Says that something was done (and goes) or failed (and stays until it is closed). */
export function toast(text: string, kind: Toast['kind'] = 'done'): void {
  const id = nextId++;
  toasts.set([...toasts.get(), { id, kind, text }].slice(-toastsMax));
  if (kind === 'done') setTimeout(() => dismiss(id), 4000);
}

function dismiss(id: number): void {
  toasts.set(toasts.get().filter((other) => other.id !== id));
}

export async function copyText(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${what} copied`);
  } catch {
    toast(`The browser does not allow copying here. Select the text and copy it by hand.`, 'failed');
  }
}

export function Toasts(): ReactNode {
  const all = useStore(toasts);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {all.map((item) => (
        <div key={item.id} className="toast">
          {item.kind === 'done' ? <Icon name="check" /> : <StateIcon health="bad" label="Failed" />}
          <span>{item.text}</span>
          <IconButton icon="close" name="Dismiss" onClick={() => dismiss(item.id)} />
        </div>
      ))}
    </div>
  );
}
