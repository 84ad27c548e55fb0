import { type ComponentProps, type ReactNode, useEffect, useId, useRef } from 'react';
import { Link } from '../app/navigation.tsx';
import { Icon, type IconName } from './icons.tsx';
import './controls.css';

type ButtonLook = 'plain' | 'primary' | 'quiet' | 'danger';

interface ButtonProps extends ComponentProps<'button'> {
  look?: ButtonLook;
  icon?: IconName;
}

export function Button({ look = 'plain', icon, children, className = '', ...props }: ButtonProps): ReactNode {
  return (
    <button type="button" {...props} className={`button button-${look} ${className}`}>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  );
}

/** A button that is only an icon; its name is told to everybody: as a tooltip and to screen readers. */
export function IconButton({
  icon,
  name,
  className = '',
  ...props
}: ComponentProps<'button'> & { icon: IconName; name: string }): ReactNode {
  return (
    <button type="button" aria-label={name} title={name} {...props} className={`icon-button ${className}`}>
      <Icon name={icon} />
    </button>
  );
}

export function Field({
  label,
  hint,
  error,
  children,
}: {
  label: string;
  hint?: ReactNode;
  error?: string | null;
  children: (id: string, describedBy: string) => ReactNode;
}): ReactNode {
  const id = useId();
  const noteId = `${id}-note`;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children(id, noteId)}
      <p id={noteId} className={error ? 'field-error' : 'field-hint'} role={error ? 'alert' : undefined}>
        {error ?? hint}
      </p>
    </div>
  );
}

export function Input({ className = '', ...props }: ComponentProps<'input'>): ReactNode {
  return <input autoComplete="off" spellCheck={false} {...props} className={`input ${className}`} />;
}

export function Select({ className = '', children, ...props }: ComponentProps<'select'>): ReactNode {
  return (
    <span className={`select ${className}`}>
      <select {...props}>{children}</select>
      <Icon name="down" size={12} />
    </span>
  );
}

interface SearchBoxProps extends Omit<ComponentProps<'input'>, 'onChange' | 'size'> {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** `/` on the page goes to this box. */
  isPageFilter?: boolean;
  isLarge?: boolean;
}

export function SearchBox({
  label,
  value,
  onChange,
  isPageFilter,
  isLarge,
  className = '',
  ...props
}: SearchBoxProps): ReactNode {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (input.current && input.current.value !== value && document.activeElement !== input.current)
      input.current.value = value;
  }, [value]);
  return (
    <span className={`search-box ${isLarge ? 'search-box-large' : ''} ${className}`}>
      <Icon name="search" size={isLarge ? 16 : 14} />
      <input
        ref={input}
        type="search"
        autoComplete="off"
        spellCheck={false}
        aria-label={label}
        placeholder={label}
        {...props}
        data-page-filter={isPageFilter || undefined}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          props.onKeyDown?.(event);
          if (event.key !== 'Escape') return;
          // The first Esc empties the box, the next one leaves it.
          event.stopPropagation();
          if (value === '') event.currentTarget.blur();
          else onChange('');
        }}
      />
      {isPageFilter && value === '' && <kbd className="key">/</kbd>}
    </span>
  );
}

export function Toggle({
  label,
  isOn,
  onChange,
}: {
  label: string;
  isOn: boolean;
  onChange: (isOn: boolean) => void;
}): ReactNode {
  return (
    <label className="toggle">
      <input type="checkbox" checked={isOn} onChange={(event) => onChange(event.target.checked)} />
      <span className="toggle-track" aria-hidden="true" />
      <span>{label}</span>
    </label>
  );
}

/** One of few, side by side. */
export function Segments<T extends string>({
  label,
  value,
  choices,
  onChange,
}: {
  label: string;
  value: T;
  choices: readonly { value: T; name: string; icon?: IconName }[];
  onChange: (value: T) => void;
}): ReactNode {
  return (
    <fieldset className="segments">
      <legend className="visually-hidden">{label}</legend>
      {choices.map((choice) => (
        <button
          key={choice.value}
          type="button"
          aria-pressed={choice.value === value}
          onClick={() => onChange(choice.value)}
        >
          {choice.icon && <Icon name={choice.icon} size={14} />}
          {choice.name}
        </button>
      ))}
    </fieldset>
  );
}

export interface Tab {
  to: string;
  name: string;
  count?: string | undefined;
  isCurrent: boolean;
}

/** Tabs are links: each has its own address. */
export function Tabs({ label, tabs }: { label: string; tabs: Tab[] }): ReactNode {
  return (
    <nav className="tabs" aria-label={label}>
      {tabs.map((tab) => (
        <Link key={tab.to} to={tab.to} className="tab" aria-current={tab.isCurrent ? 'page' : undefined}>
          {tab.name}
          {tab.count !== undefined && <span className="tab-count">{tab.count}</span>}
        </Link>
      ))}
    </nav>
  );
}

export function Key({ children }: { children: ReactNode }): ReactNode {
  return <kbd className="key">{children}</kbd>;
}
