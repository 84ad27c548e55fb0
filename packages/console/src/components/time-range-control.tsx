import { type ReactNode, useState } from 'react';
import { setParams, useParams } from '../app/navigation.tsx';
import { zoneSetting } from '../app/settings.ts';
import { useStore } from '../app/store.ts';
import { formatTime } from '../format/time.ts';
import {
  isLiveRange,
  rangeOf,
  readTimeRange,
  resolveRange,
  type TimeRange,
  timeRangeParams,
  timeRanges,
} from '../url/time-range.ts';
import { Button, Field, Input } from './controls.tsx';
import { Dialog } from './dialog.tsx';
import { Icon } from './icons.tsx';
import './time-range-control.css';

/** The range of the page's URL. */
export function useTimeRange(): TimeRange {
  return readTimeRange(useParams());
}

export function setTimeRange(range: TimeRange): void {
  setParams(timeRangeParams(range));
}

/** From when to when: for every page with time the same control at the same place, and in the URL. */
export function TimeRangeControl(): ReactNode {
  const range = useTimeRange();
  const zone = useStore(zoneSetting);
  const [isOpen, setOpen] = useState(false);
  const known = isLiveRange(range) ? timeRanges.find((one) => one.from === range.from) : undefined;
  const { fromMs, toMs } = resolveRange(range, Date.now());
  const exact = isLiveRange(range)
    ? `since ${range.from.startsWith('-') ? range.from.slice(1) : formatTime(fromMs, zone, Date.now())}`
    : `${formatTime(fromMs, zone, Date.now()).replace(/\.\d+$/, '')} – ${formatTime(toMs, zone, fromMs).replace(/\.\d+$/, '')}`;
  return (
    <>
      <button
        type="button"
        className="time-range"
        aria-haspopup="dialog"
        title={known?.name ?? exact}
        onClick={() => setOpen(true)}
      >
        <Icon name="time" size={14} />
        <span className="visually-hidden">Time: </span>
        <span className="time-range-long">{known?.name ?? exact}</span>
        <span className="time-range-short">{known?.short ?? 'range'}</span>
        <Icon name="down" size={12} />
      </button>
      {isOpen && <TimeRangeDialog range={range} onClose={() => setOpen(false)} />}
    </>
  );
}

function TimeRangeDialog({ range, onClose }: { range: TimeRange; onClose: () => void }): ReactNode {
  const zone = useStore(zoneSetting);
  const window = resolveRange(range, Date.now());
  const [from, setFrom] = useState(() => inputText(window.fromMs, zone));
  const [to, setTo] = useState(() => inputText(window.toMs, zone));
  const [fromMs, toMs] = [inputMs(from, zone), inputMs(to, zone)];
  const error =
    Number.isNaN(fromMs) || Number.isNaN(toMs)
      ? 'A time is a date and a time of day.'
      : fromMs >= toMs
        ? 'The end is not after the start.'
        : null;
  const choose = (next: TimeRange): void => {
    onClose();
    setTimeRange(next);
  };
  return (
    <Dialog label="Time" onClose={onClose} className="time-range-dialog">
      <div className="dialog-body">
        <h2>Time</h2>
        <div className="time-range-choices">
          {timeRanges.map((one) => (
            <button
              key={one.from}
              type="button"
              aria-pressed={isLiveRange(range) && range.from === one.from}
              onClick={() => choose({ from: one.from, to: 'now' })}
            >
              {one.name}
            </button>
          ))}
        </div>
        <form
          className="form"
          onSubmit={(event) => {
            event.preventDefault();
            if (error === null) choose(rangeOf(fromMs, toMs));
          }}
        >
          <div className="time-range-ends">
            <Field label={`From, ${zone === 'utc' ? 'UTC' : 'local time'}`}>
              {(id, note) => (
                <Input
                  id={id}
                  aria-describedby={note}
                  type="datetime-local"
                  step="0.001"
                  value={from}
                  onChange={(event) => setFrom(event.target.value)}
                />
              )}
            </Field>
            <Field label="To" error={error}>
              {(id, note) => (
                <Input
                  id={id}
                  aria-describedby={note}
                  type="datetime-local"
                  step="0.001"
                  value={to}
                  onChange={(event) => setTo(event.target.value)}
                />
              )}
            </Field>
          </div>
          <div className="dialog-actions">
            <Button onClick={onClose}>Cancel</Button>
            <Button look="primary" type="submit" disabled={error !== null}>
              Show this time
            </Button>
          </div>
        </form>
      </div>
    </Dialog>
  );
}

/** As `datetime-local` writes it, in the zone of the page. */
function inputText(atMs: number, zone: 'utc' | 'local'): string {
  const shift = zone === 'utc' ? 0 : new Date(atMs).getTimezoneOffset() * 60_000;
  return new Date(atMs - shift).toISOString().slice(0, 23);
}

const inputMs = (text: string, zone: 'utc' | 'local'): number => Date.parse(zone === 'utc' ? `${text}Z` : text);
