import { type ReactNode, useEffect, useState } from 'react';
import { Help } from '../../app/help.tsx';
import { Link } from '../../app/navigation.tsx';
import { themeSetting } from '../../app/settings.ts';
import { focusPageFilter, useShortcuts } from '../../app/shortcuts.ts';
import { useStore } from '../../app/store.ts';
import { logIn, type User, useUser } from '../../app/user.ts';
import { UserMenu } from '../../app/user-menu.tsx';
import { Button, IconButton } from '../../components/controls.tsx';
import { Icon, Logo } from '../../components/icons.tsx';
import { Toasts } from '../../components/toasts.tsx';
import { pathOf } from '../../url/route.ts';
import './user-frame.css';

/** Who may look behind the page: at traces, lines, records. */
export const isOperator = (user: User | null): boolean =>
  user !== null && (user.isDeveloper || user.roles.some((role) => role === 'operator' || role === 'admin'));

/** Who decides what others may read. */
export const mayGrant = (user: User | null): boolean =>
  user !== null && (user.isDeveloper || user.roles.includes('admin'));

/** The quiet frame of a page for users: who one is, and nothing of the platform's own places. */
export function UserFrame({ title, children }: { title: string; children: ReactNode }): ReactNode {
  const user = useUser();
  const [isHelpOpen, setHelpOpen] = useState(false);
  useShortcuts({ '/': focusPageFilter, '?': () => setHelpOpen(true) });
  return (
    <div className="user-shell">
      <a className="skip-link" href="#main">
        Skip to the content
      </a>
      <header className="top-bar user-bar">
        <Link to={pathOf({ page: 'tweets' })} className="user-home">
          <Logo />
          <h1>{title}</h1>
        </Link>
        {isOperator(user) && (
          <Link className="user-console" to={pathOf({ page: 'map' })}>
            <Icon name="map" size={14} />
            <span>Console</span>
          </Link>
        )}
        <IconButton
          icon="help"
          name="Keyboard shortcuts (?)"
          className="top-bar-help"
          onClick={() => setHelpOpen(true)}
        />
        <ThemeButton />
        <UserMenu />
      </header>
      <DeveloperStrip user={user} />
      {children}
      <Toasts />
      {isHelpOpen && <Help places={[]} rows={keys} onClose={() => setHelpOpen(false)} />}
    </div>
  );
}

const keys = [
  [['/'], 'To the search box'],
  [['n'], 'Show the tweets that are new'],
  [['j'], 'Next tweet'],
  [['k'], 'Previous tweet'],
  [['Enter'], 'Open the tweet'],
  [['?'], 'This page'],
  [['Esc'], 'Close the panel, empty the box'],
] as const;

/** On one's own machine nobody has to log in, and that is said: what one sees is not what a user sees. */
function DeveloperStrip({ user }: { user: User | null }): ReactNode {
  if (user === null || user.isLoggedIn) return null;
  if (user.isDeveloper) {
    return (
      <div className="user-strip" role="status">
        <p>
          You are <strong>{user.user ?? 'developer'}</strong>: on this machine nobody has to log in, and you may read
          everything.
        </p>
        {user.canLogIn && <Button onClick={logIn}>Log in as a user</Button>}
      </div>
    );
  }
  if (user.user !== null) return null;
  return (
    <div className="user-strip" role="status">
      <p>You are not logged in.</p>
      {user.canLogIn && (
        <Button look="primary" onClick={logIn}>
          Log in
        </Button>
      )}
    </div>
  );
}

function ThemeButton(): ReactNode {
  const theme = useStore(themeSetting);
  const [isSystemDark, setSystemDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const look = (): void => setSystemDark(query.matches);
    query.addEventListener('change', look);
    return () => query.removeEventListener('change', look);
  }, []);
  const isDark = theme === 'system' ? isSystemDark : theme === 'dark';
  return (
    <IconButton
      icon={isDark ? 'sun' : 'moon'}
      name={isDark ? 'Light theme' : 'Dark theme'}
      onClick={() => themeSetting.set(isDark ? 'light' : 'dark')}
    />
  );
}
