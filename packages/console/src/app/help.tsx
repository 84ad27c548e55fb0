import type { ReactNode } from 'react';
import { IconButton, Key, Toggle } from '../components/controls.tsx';
import { Dialog } from '../components/dialog.tsx';
import type { Place } from './places.ts';
import { shortcutsSetting } from './settings.ts';
import { useStore } from './store.ts';

type Row = readonly [readonly string[], string];

const anywhere: readonly Row[] = [
  [['Ctrl', 'K'], 'Search or jump to anything'],
  [['/'], 'To the filter of the page'],
  [['p'], 'Pause or resume all that moves'],
  [['?'], 'This page'],
  [['Esc'], 'Close the panel, empty the filter'],
];

const tables: readonly Row[] = [
  [['j'], 'Next row'],
  [['k'], 'Previous row'],
  [['Enter'], 'Open the row'],
  [['c'], 'Copy the row as JSON'],
];

const waterfall: readonly Row[] = [
  [['←', '→'], 'Fold, unfold, to the caller'],
  [['+', '-'], 'Zoom in, zoom out'],
  [['0'], 'The whole trace'],
  [['n'], 'Next span that was found'],
];

/** Every key there is, and the switch that turns the single ones off (WCAG 2.1.4). */
export function Help({
  places,
  rows,
  onClose,
}: {
  places: readonly Place[];
  /** The keys of a page with a frame of its own, in place of the console's. */
  rows?: readonly Row[];
  onClose: () => void;
}): ReactNode {
  const shortcuts = useStore(shortcutsSetting);
  return (
    <Dialog label="Keyboard shortcuts" onClose={onClose} className="help">
      <div className="dialog-body">
        <div className="help-head">
          <h2>Keyboard</h2>
          <IconButton icon="close" name="Close (Esc)" onClick={onClose} />
        </div>
        {rows ? (
          <div className="help-columns">
            <Keys title="On this page" rows={rows} />
          </div>
        ) : (
          <div className="help-columns">
            <Keys title="Anywhere" rows={anywhere} />
            <Keys title="Go to" rows={places.map((place) => [['g', place.key], place.name] as const)} />
            <div>
              <Keys title="In tables" rows={tables} />
              <Keys title="In a trace" rows={waterfall} />
            </div>
          </div>
        )}
        <Toggle
          label="Single-key shortcuts"
          isOn={shortcuts === 'on'}
          onChange={(isOn) => shortcutsSetting.set(isOn ? 'on' : 'off')}
        />
      </div>
    </Dialog>
  );
}

function Keys({ title, rows }: { title: string; rows: readonly Row[] }): ReactNode {
  return (
    <section>
      <h3>{title}</h3>
      <dl>
        {rows.map(([keys, meaning]) => (
          <div key={meaning} className="help-row">
            <dt>
              {keys.map((key) => (
                <Key key={key}>{key}</Key>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
