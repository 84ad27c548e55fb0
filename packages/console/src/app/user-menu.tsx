import { type ReactNode, useId } from 'react';
import { Button } from '../components/controls.tsx';
import { Icon } from '../components/icons.tsx';
import { toast } from '../components/toasts.tsx';
import { logIn, logOut, useUser } from './user.ts';
import './user-menu.css';

/** Who one is, and the way in and out. Nothing where the gateway does not say. */
export function UserMenu(): ReactNode {
  const user = useUser();
  const id = useId();
  if (user === null) return null;
  const name = user.user ?? 'Nobody';
  return (
    <>
      <button type="button" className="user-button" popoverTarget={id} title={`You are ${name}`}>
        <Icon name="user" size={14} />
        <span className="truncate">{name}</span>
      </button>
      <div id={id} popover="auto" className="user-menu">
        <p className="user-menu-name truncate" title={name}>
          {name}
        </p>
        <p className="user-menu-note">{noteOf(user.isDeveloper, user.isLoggedIn, user.user)}</p>
        {user.roles.length > 0 && (
          <ul className="user-menu-roles" aria-label="Roles">
            {user.roles.map((role) => (
              <li key={role} className="mono">
                {role}
              </li>
            ))}
          </ul>
        )}
        {user.isLoggedIn ? (
          <Button
            onClick={() => void logOut().catch((error: Error) => toast(`Not logged out: ${error.message}`, 'failed'))}
          >
            Log out
          </Button>
        ) : (
          user.canLogIn && (
            <Button look="primary" onClick={logIn}>
              Log in
            </Button>
          )
        )}
      </div>
    </>
  );
}

function noteOf(isDeveloper: boolean, isLoggedIn: boolean, user: string | null): string {
  if (isDeveloper) return 'On this machine nobody has to log in: you may do everything.';
  if (isLoggedIn) return 'Logged in with this browser.';
  return user === null ? 'Not logged in.' : 'By a token.';
}
