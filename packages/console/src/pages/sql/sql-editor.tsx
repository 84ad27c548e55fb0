import { complete, highlight } from '@headwater/sql/editing';
import {
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';

interface SqlEditorProps {
  value: string;
  onChange(value: string): void;
  onCursor(cursor: number): void;
  onRun(): void;
  /** Names for completion. */
  names: { sources: readonly string[]; columns: readonly string[]; topics: readonly string[] };
  /** Where the server found a mistake: an index into the text. */
  errorAt: number | null;
}

/** Where completion was asked for; what is offered there is worked out anew when names come in. */
interface Asked {
  text: string;
  cursor: number;
  isByHand: boolean;
  chosen: number;
}

interface Offer {
  startIndex: number;
  items: readonly string[];
  chosen: number;
  left: number;
  top: number;
}

const shown = 8;

/** A text area with the colours of its text behind it, so that everything of a text area works as it does. */
export function SqlEditor({ value, onChange, onCursor, onRun, names, errorAt }: SqlEditorProps): ReactNode {
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const mirror = useRef<HTMLPreElement>(null);
  const place = useRef<number | null>(null);
  const [asked, setAsked] = useState<Asked | null>(null);
  const offer = asked === null ? null : offerOf(asked, names);
  const pieces = useMemo(() => marked(value, errorAt), [value, errorAt]);

  // Where the cursor is to be after a completion was put in.
  useLayoutEffect(() => {
    if (place.current === null) return;
    area.current?.setSelectionRange(place.current, place.current);
    place.current = null;
  }, [value]);
  useEffect(() => {
    mirror.current?.querySelector('.sql-error-at')?.scrollIntoView?.({ block: 'nearest' });
  }, [errorAt]);

  const take = (item: string): void => {
    const cursor = area.current!.selectionStart;
    const text = value.slice(0, offer!.startIndex) + item + value.slice(cursor);
    place.current = offer!.startIndex + item.length;
    setAsked(null);
    onChange(text);
    onCursor(place.current);
  };
  const press = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      setAsked(null);
      onRun();
      return;
    }
    if (event.key === ' ' && event.ctrlKey) {
      event.preventDefault();
      setAsked({ text: value, cursor: event.currentTarget.selectionStart, isByHand: true, chosen: 0 });
      return;
    }
    if (offer === null) return;
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      const count = offer.items.length;
      setAsked({ ...asked!, chosen: (offer.chosen + step + count) % count });
    } else if (event.key === 'Enter' || event.key === 'Tab') {
      event.preventDefault();
      take(offer.items[offer.chosen]!);
    } else if (event.key === 'Escape') {
      event.stopPropagation();
      setAsked(null);
    }
  };

  return (
    <div className="sql-editor">
      <pre className="sql-mirror" ref={mirror} aria-hidden="true">
        {pieces.map(({ at, kind, text }) => (
          <span key={at} className={kind}>
            {text}
          </span>
        ))}
        {'\n'}
      </pre>
      <textarea
        ref={area}
        className="sql-input"
        aria-label="SQL"
        aria-describedby={`${id}-keys`}
        aria-haspopup="listbox"
        aria-controls={`${id}-offer`}
        aria-autocomplete="list"
        aria-activedescendant={offer === null ? undefined : `${id}-offer-${offer.chosen}`}
        placeholder={'-- A statement, such as\nSELECT * FROM orders EMIT CHANGES LIMIT 10;'}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        data-page-filter
        value={value}
        onChange={(event) => {
          const { selectionStart, value: text } = event.currentTarget;
          onChange(text);
          onCursor(selectionStart);
          setAsked({ text, cursor: selectionStart, isByHand: false, chosen: 0 });
        }}
        onSelect={(event) => onCursor(event.currentTarget.selectionStart)}
        onKeyDown={press}
        onBlur={() => setAsked(null)}
        onScroll={(event) => {
          mirror.current!.scrollTop = event.currentTarget.scrollTop;
          mirror.current!.scrollLeft = event.currentTarget.scrollLeft;
        }}
      />
      <p id={`${id}-keys`} className="visually-hidden">
        Ctrl Enter runs the statement at the cursor, Ctrl Space completes.
      </p>
      <div
        id={`${id}-offer`}
        className="sql-offer"
        role="listbox"
        aria-label="Completions"
        hidden={offer === null}
        style={offer === null ? {} : { left: `calc(${offer.left}ch + 12px)`, top: `calc(${offer.top} * 20px + 12px)` }}
      >
        {offer?.items.map((item, index) => (
          <div
            key={item}
            id={`${id}-offer-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === offer.chosen}
            onPointerDown={(event) => {
              event.preventDefault();
              take(item);
            }}
          >
            {item}
          </div>
        ))}
      </div>
    </div>
  );
}

interface Piece {
  at: number;
  kind: string;
  text: string;
}

function marked(text: string, errorAt: number | null): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const { kind, text: part } of highlight(text)) {
    const isWrong = errorAt !== null && errorAt >= at && errorAt < at + part.length;
    pieces.push({ at, kind: `sql-text-${kind} ${isWrong ? 'sql-error-at' : ''}`, text: part });
    at += part.length;
  }
  return pieces;
}

function offerOf({ chosen, cursor, isByHand, text }: Asked, names: SqlEditorProps['names']): Offer | null {
  const { items, startIndex } = complete(text, cursor, names);
  const begun = text.slice(startIndex, cursor);
  const isDone = items.length === 1 && items[0] === begun;
  if (items.length === 0 || isDone || (!isByHand && begun.length < 2)) return null;
  const lines = text.slice(0, startIndex).split('\n');
  const offered = items.slice(0, shown);
  const left = lines.at(-1)!.length;
  return { startIndex, items: offered, chosen: Math.min(chosen, offered.length - 1), left, top: lines.length };
}
