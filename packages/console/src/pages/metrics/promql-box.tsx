import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import type { MetricMetadata } from '../../api/prometheus.ts';
import { Input } from '../../components/controls.tsx';
import { completions, nameBefore } from './complete.ts';

const suggestionsMax = 10;

/** A PromQL expression, with the names of metrics that may come next and what they are. Enter asks. */
export function PromqlBox({
  value,
  names,
  metadata,
  isBad,
  onAsk,
}: {
  value: string;
  names: readonly string[];
  metadata: Readonly<Record<string, MetricMetadata[]>>;
  isBad: boolean;
  onAsk: (query: string) => void;
}): ReactNode {
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const [text, setText] = useState(value);
  const [caret, setCaret] = useState<number | null>(null);
  const [index, setIndex] = useState(-1);
  useEffect(() => setText(value), [value]);
  const written = caret === null ? null : nameBefore(text, caret);
  const shown = written === null ? [] : completions(names, written.name, suggestionsMax);
  const isOpen = shown.length > 0;
  const choose = (name: string): void => {
    if (written === null) return;
    setText(text.slice(0, written.from) + name + text.slice(written.from + written.name.length));
    setCaret(null);
    setIndex(-1);
    const at = written.from + name.length;
    const input = box.current?.querySelector('input');
    requestAnimationFrame(() => input?.setSelectionRange(at, at));
  };
  return (
    <div className="promql-box" ref={box}>
      <Input
        aria-label="PromQL"
        placeholder="A PromQL expression, such as rate(process_cpu_seconds_total[1m])"
        className="mono"
        value={text}
        data-page-filter
        role="combobox"
        aria-expanded={isOpen}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-invalid={isBad}
        aria-activedescendant={isOpen && index >= 0 ? `${id}-${index}` : undefined}
        onChange={(event) => {
          setText(event.target.value);
          setCaret(event.target.selectionStart);
          setIndex(-1);
        }}
        onBlur={() => setCaret(null)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') {
            event.stopPropagation();
            if (isOpen) setCaret(null);
            else event.currentTarget.blur();
            return;
          }
          if (event.key === 'Enter') {
            event.preventDefault();
            const name = shown[index];
            if (isOpen && name !== undefined) return choose(name);
            setCaret(null);
            onAsk(text.trim());
            return;
          }
          const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
          if (!isOpen || step === 0) return;
          event.preventDefault();
          setIndex((index + step + shown.length + (index === -1 && step === -1 ? 1 : 0)) % shown.length);
        }}
      />
      <div id={`${id}-list`} role="listbox" aria-label="Metrics" className="promql-names" hidden={!isOpen}>
        {shown.map((name, place) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the combobox handles the keys
          <div
            key={name}
            id={`${id}-${place}`}
            role="option"
            tabIndex={-1}
            aria-selected={place === index}
            className="promql-name"
            onPointerMove={() => setIndex(place)}
            // Before the box loses the focus, and with it the list.
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => choose(name)}
          >
            <span className="mono">{name}</span>
            <span className="muted truncate">
              {[metadata[name]?.[0]?.type, metadata[name]?.[0]?.help].filter(Boolean).join(': ')}
            </span>
          </div>
        ))}
      </div>
    </div>
  );
}
