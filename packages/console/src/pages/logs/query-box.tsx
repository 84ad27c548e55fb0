import { type ReactNode, useId, useRef, useState } from 'react';
import { SearchBox } from '../../components/controls.tsx';
import { type LogLine, logFields, topValues } from '../../logs/log-line.ts';
import { suggestions } from '../../logs/log-query.ts';
import { visibleText } from '../../logs/safe-text.ts';

const suggestionsMax = 8;

/** One box for text and `field:value`, with what may come next: fields, and the values that lines in sight have. */
export function QueryBox({
  value,
  lines,
  onChange,
}: {
  value: string;
  lines: readonly LogLine[];
  onChange: (value: string) => void;
}): ReactNode {
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const [caret, setCaret] = useState<number | null>(null);
  const [index, setIndex] = useState(-1);
  const { from, items } =
    caret === null
      ? { from: 0, items: [] }
      : suggestions(value, caret, logFields, (field) => topValues(lines, field, suggestionsMax));
  const shown = items.slice(0, suggestionsMax);
  const isOpen = shown.length > 0;
  const choose = (text: string): void => {
    const next = value.slice(0, from) + text + value.slice(caret ?? value.length);
    onChange(next);
    setIndex(-1);
    setCaret(from + text.length);
    const input = box.current?.querySelector('input');
    requestAnimationFrame(() => input?.setSelectionRange(from + text.length, from + text.length));
  };
  return (
    <div className="query-box" ref={box}>
      <SearchBox
        label="Text, or field:value"
        isLarge
        isPageFilter
        value={value}
        role="combobox"
        aria-expanded={isOpen}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={isOpen && index >= 0 ? `${id}-${index}` : undefined}
        onChange={(text) => {
          onChange(text);
          setIndex(-1);
          setCaret(box.current?.querySelector('input')?.selectionStart ?? text.length);
        }}
        onBlur={() => setCaret(null)}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && isOpen) {
            // The first Esc closes what is suggested.
            event.preventDefault();
            event.stopPropagation();
            setCaret(null);
            return;
          }
          if (!isOpen) return;
          const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
          if (step !== 0) {
            event.preventDefault();
            setIndex((index + step + shown.length + (index === -1 && step === -1 ? 1 : 0)) % shown.length);
          } else if (event.key === 'Enter') {
            if (index >= 0) {
              event.preventDefault();
              choose(shown[index]!.text);
            } else setCaret(null);
          }
        }}
      />
      <div
        id={`${id}-list`}
        role="listbox"
        aria-label="What may come next"
        className="query-suggestions"
        hidden={!isOpen}
      >
        {shown.map(({ text, note }, place) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the combobox handles the keys
          <div
            key={text}
            id={`${id}-${place}`}
            role="option"
            tabIndex={-1}
            aria-selected={place === index}
            className="query-suggestion"
            onPointerMove={() => setIndex(place)}
            // Before the box loses the focus, and with it the list.
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => choose(text)}
          >
            <span className="mono truncate">{visibleText(text)}</span>
            <span className="muted">{note}</span>
          </div>
        ))}
      </div>
    </div>
  );
}
