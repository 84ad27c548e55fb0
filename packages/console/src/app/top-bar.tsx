import { Fragment, type ReactNode } from 'react';
import { IconButton, Key } from '../components/controls.tsx';
import { Icon } from '../components/icons.tsx';
import { useNow } from '../components/numbers.tsx';
import { StateIcon } from '../components/state.tsx';
import { TimeRangeControl } from '../components/time-range-control.tsx';
import { formatClock } from '../format/time.ts';
import { hasTimeRange, pathOf, type Route } from '../url/route.ts';
import { live, paused, useLiveState } from './live.ts';
import { Link, useRoute } from './navigation.tsx';
import { type Theme, themeSetting, zoneSetting } from './settings.ts';
import { useStore } from './store.ts';
import { UserMenu } from './user-menu.tsx';

export function TopBar({ onPalette, onHelp }: { onPalette: () => void; onHelp: () => void }): ReactNode {
  const route = useRoute();
  return (
    <header className="top-bar">
      <Breadcrumbs />
      {hasTimeRange(route) && <TimeRangeControl />}
      <button type="button" className="palette-button" onClick={onPalette}>
        <Icon name="search" size={14} />
        <span className="palette-button-text">Search or jump to</span>
        <Key>Ctrl K</Key>
      </button>
      <Clock />
      <LiveButton />
      <ThemeButton />
      <IconButton icon="help" name="Keyboard shortcuts (?)" className="top-bar-help" onClick={onHelp} />
      <UserMenu />
    </header>
  );
}

function crumbs(route: Route): { name: string; to?: string; isData?: boolean }[] {
  switch (route.page) {
    case 'map':
      return [{ name: 'Map' }];
    case 'tweets':
      return [{ name: 'Tweets' }];
    case 'topics':
      return [{ name: 'Topics' }];
    case 'groups':
      return [{ name: 'Groups' }];
    case 'gateway':
      return [{ name: 'Gateway' }];
    case 'config':
      return [{ name: 'Configuration' }];
    case 'services':
      return [{ name: 'Services' }];
    case 'identity':
      return [{ name: 'Users & clients' }];
    case 'sql':
      return [{ name: 'SQL' }];
    case 'search':
      return [{ name: 'Search' }];
    case 'logs':
      return [{ name: 'Logs' }];
    case 'alerts':
      return [{ name: 'Alerts' }];
    case 'metrics':
      return [{ name: 'Metrics' }];
    case 'traces':
      return [{ name: 'Traces' }];
    case 'trace':
      return [
        { name: 'Traces', to: pathOf({ page: 'traces' }) },
        { name: route.traceId, isData: true },
      ];
    case 'topic':
      return [
        { name: 'Topics', to: pathOf({ page: 'topics' }) },
        { name: route.topic, isData: true },
      ];
    case 'group':
      return [
        { name: 'Groups', to: pathOf({ page: 'groups' }) },
        { name: route.group, isData: true },
      ];
    default:
      return [{ name: 'Not found' }];
  }
}

function Breadcrumbs(): ReactNode {
  const route = useRoute();
  return (
    <nav className="crumbs" aria-label="Where you are">
      {crumbs(route).map((crumb, index) => (
        <Fragment key={crumb.name}>
          {index > 0 && <Icon name="right" size={12} />}
          {crumb.to ? (
            <Link to={crumb.to}>{crumb.name}</Link>
          ) : (
            <h1 className="truncate" title={crumb.name}>
              {crumb.name}
            </h1>
          )}
        </Fragment>
      ))}
    </nav>
  );
}

function Clock(): ReactNode {
  const now = useNow();
  const zone = useStore(zoneSetting);
  const other = zone === 'utc' ? 'local time' : 'UTC';
  return (
    <button
      type="button"
      className="clock"
      title={`All times are ${zone === 'utc' ? 'UTC' : 'local'}. Show ${other}.`}
      onClick={() => zoneSetting.set(zone === 'utc' ? 'local' : 'utc')}
    >
      <span className="mono">{formatClock(now, zone, false)}</span>
      <span>{zone === 'utc' ? 'UTC' : 'local'}</span>
    </button>
  );
}

function LiveButton(): ReactNode {
  const state = useLiveState();
  const isPaused = useStore(paused);
  if (state.kind === 'waiting') {
    return (
      <button type="button" className="live-button" onClick={() => live.retryNow()} title={state.message}>
        <StateIcon health="bad" label="" />
        <span>Offline</span>
      </button>
    );
  }
  return (
    <button
      type="button"
      className="live-button"
      aria-pressed={isPaused}
      title={isPaused ? 'Resume everything that moves (p)' : 'Pause everything that moves (p)'}
      onClick={() => paused.set(!isPaused)}
    >
      {isPaused ? (
        <Icon name="pause" size={12} />
      ) : (
        <StateIcon health={state.kind === 'open' ? 'good' : 'unknown'} label="" />
      )}
      <span>{isPaused ? 'Paused' : state.kind === 'open' ? 'Live' : 'Connecting'}</span>
    </button>
  );
}

const nextTheme: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };
const themeNames: Record<Theme, string> = { system: 'as the system', light: 'light', dark: 'dark' };

function ThemeButton(): ReactNode {
  const theme = useStore(themeSetting);
  const next = nextTheme[theme];
  const icon = theme === 'system' ? 'system' : theme === 'light' ? 'sun' : 'moon';
  return (
    <IconButton
      icon={icon}
      name={`Theme: ${themeNames[theme]}. Change to ${themeNames[next]}.`}
      onClick={() => themeSetting.set(next)}
    />
  );
}
