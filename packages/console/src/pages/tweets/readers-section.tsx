import { type ReactNode, useCallback, useEffect, useId, useState } from 'react';
import { Button, IconButton, Input } from '../../components/controls.tsx';
import { PanelSection } from '../../components/panel.tsx';
import { toast } from '../../components/toasts.tsx';
import { ask } from './ask-gateway.ts';

interface Permission {
  principal: string;
  documentId: string;
}

/** Every document. */
const all = '*';

/** Who may read a tweet, for those who decide it: granted to it, or to all; a change counts at once, everywhere. */
export function ReadersSection({ id }: { id: string }): ReactNode {
  const [permissions, setPermissions] = useState<readonly Permission[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [principal, setPrincipal] = useState('');
  const inputId = useId();
  const look = useCallback(
    async (signal: AbortSignal): Promise<void> => {
      const answers = await Promise.all(
        [id, all].map(async (documentId) => {
          const path = `/query/permissions?${new URLSearchParams({ documentId, limit: '50' })}`;
          const response = await ask({ method: 'GET', path }, { accept: 'application/json', signal });
          return ((await response.json()) as { permissions: Permission[] }).permissions;
        }),
      );
      setPermissions(answers.flat());
      setProblem(null);
    },
    [id],
  );
  useEffect(() => {
    const controller = new AbortController();
    look(controller.signal).catch((error: Error) => {
      if (!controller.signal.aborted) setProblem(error.message);
    });
    return () => controller.abort();
  }, [look]);

  const change = async (method: 'PUT' | 'DELETE', of: Permission, done: string): Promise<void> => {
    const signal = AbortSignal.timeout(10_000);
    const path = `/query/documents/${encodeURIComponent(of.documentId)}/permissions/${encodeURIComponent(of.principal)}`;
    try {
      await ask({ method, path }, { accept: 'application/json', signal });
      // Another instance may answer next: the list is what was done, and is asked for again with the next tweet.
      setPermissions((before) => {
        const others = (before ?? []).filter((each) => keyOf(each) !== keyOf(of));
        return method === 'PUT' ? [of, ...others] : others;
      });
      if (method === 'PUT') setPrincipal('');
      toast(done);
    } catch (error) {
      toast(`Not changed: ${(error as Error).message}`, 'failed');
    }
  };
  const name = principal.trim();
  const grantee = name === '' || /^(user|role):/.test(name) ? name : `user:${name}`;
  return (
    <PanelSection title="Who may read it">
      {problem !== null && <p className="muted">Not known now: {problem}</p>}
      <ul className="readers">
        {(permissions ?? []).map((permission) => (
          <li key={keyOf(permission)} className="reader">
            <span className="mono truncate">{permission.principal}</span>
            <span className="muted">{permission.documentId === all ? 'every tweet' : 'this tweet'}</span>
            <IconButton
              icon="close"
              name={`Take READ on ${permission.documentId === all ? 'every tweet' : 'this tweet'} from ${permission.principal}`}
              onClick={() => void change('DELETE', permission, `${permission.principal} may not read it any more`)}
            />
          </li>
        ))}
      </ul>
      {permissions?.length === 0 && <p className="muted">Nobody but those with the role admin.</p>}
      <form
        className="readers-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (grantee !== '')
            void change('PUT', { principal: grantee, documentId: id }, `${grantee} may read this tweet`);
        }}
      >
        <label className="visually-hidden" htmlFor={inputId}>
          User, or role:NAME
        </label>
        <Input
          id={inputId}
          placeholder="ada, or role:viewer"
          value={principal}
          onChange={(event) => setPrincipal(event.target.value)}
        />
        <Button type="submit" disabled={grantee === ''}>
          Let read
        </Button>
      </form>
    </PanelSection>
  );
}

const keyOf = ({ documentId, principal }: Permission): string => `${documentId} ${principal}`;
