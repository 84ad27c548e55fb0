import type { ReactNode } from 'react';
import { Input, Select } from '../../components/controls.tsx';
import { type MessageQuery, relativeTimes } from '../../url/message-query.ts';

/** What goes with the choice of where to start: an offset, a time, a number. */
export function StartInput({ query, onChange }: { query: MessageQuery; onChange: (at: string) => void }): ReactNode {
  if (query.start === 'offset') {
    return (
      <Input
        aria-label="Offset"
        className="mono"
        type="number"
        min={0}
        placeholder="0"
        value={query.at}
        onChange={(event) => onChange(event.target.value)}
      />
    );
  }
  if (query.start === 'last') {
    return (
      <Input
        aria-label="Records of each partition"
        type="number"
        min={1}
        max={10_000}
        placeholder="10"
        value={query.at}
        onChange={(event) => onChange(event.target.value)}
      />
    );
  }
  return query.start === 'time' ? <TimeInput at={query.at} onChange={onChange} /> : null;
}

/** A time before now by choice, or one of the calendar. */
function TimeInput({ at, onChange }: { at: string; onChange: (at: string) => void }): ReactNode {
  const isRelative = at.startsWith('-');
  return (
    <>
      <Select
        aria-label="From when"
        value={isRelative ? at : ''}
        onChange={(event) => onChange(event.target.value === '' ? new Date().toISOString() : event.target.value)}
      >
        {relativeTimes.map(({ value, name }) => (
          <option key={value} value={value}>
            {name}
          </option>
        ))}
        {isRelative && !relativeTimes.some(({ value }) => value === at) && <option>{at}</option>}
        <option value="">A date and time</option>
      </Select>
      {!isRelative && (
        <Input
          aria-label="Time, local"
          type="datetime-local"
          step={1}
          value={toLocalInput(at)}
          onChange={(event) => event.target.value !== '' && onChange(new Date(event.target.value).toISOString())}
        />
      )}
    </>
  );
}

function toLocalInput(iso: string): string {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return '';
  return new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
