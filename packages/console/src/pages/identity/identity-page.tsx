import { type ReactNode, useState } from 'react';
import { send } from '../../api/http.ts';
import type { IdentityClient, IdentityEvent, IdentityOverview, IdentityUser } from '../../api/identity.ts';
import { useFetch } from '../../api/use-fetch.ts';
import { setParams, useParams } from '../../app/navigation.tsx';
import { Page, Spring, Toolbar } from '../../app/page.tsx';
import { Button, SearchBox, Segments } from '../../components/controls.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Empty, Failure, Loading } from '../../components/notice.tsx';
import { Count } from '../../components/numbers.tsx';
import { State } from '../../components/state.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { formatExact, plural } from '../../format/number.ts';
import { formatAge } from '../../format/time.ts';
import { useTicking } from '../topic/use-ticking.ts';
import '../topics/topics-page.css';

const views = [
  { value: 'users', name: 'Users' },
  { value: 'clients', name: 'Clients' },
  { value: 'audit', name: 'Audit' },
] as const;

type View = (typeof views)[number]['value'];

const refreshMs = 3_000;

/** Who may do what: users with their roles and sessions, clients with their flows, and what happened last. */
export default function IdentityPage(): ReactNode {
  const params = useParams();
  const view = views.find(({ value }) => value === params.get('view'))?.value ?? 'users';
  const filter = params.get('q') ?? '';
  const realms = useFetch<{ realm: string }[]>('/api/identity/admin/realms');
  const realm = realms.data?.[0]?.realm;
  const path = realm === undefined ? null : `/api/identity/admin/realms/${encodeURIComponent(realm)}`;
  const { data, error, reload } = useFetch<IdentityOverview>(path === null ? null : `${path}/overview`);
  useTicking(reload, refreshMs);
  const [ending, setEnding] = useState<IdentityUser | null>(null);
  const failure = realms.error ?? error;
  const matches = (...texts: (string | null)[]): boolean =>
    texts.some((text) => text?.toLowerCase().includes(filter.toLowerCase()));
  const users = (data?.users ?? []).filter(({ username, name, email, roles }) =>
    matches(username, name, email, ...roles),
  );
  const clients = (data?.clients ?? []).filter(({ clientId, name }) => matches(clientId, name));
  const lines = (data?.audit ?? []).map((event, index, all) => ({
    ...event,
    key: eventKey(event, all.length - index),
  }));
  const events = lines.filter(({ event, user, client, reason }) => matches(event, user, client, reason));
  const count = { users: users.length, clients: clients.length, audit: events.length }[view];

  return (
    <Page title="Users & clients" isFilled>
      <Toolbar>
        <Segments
          label="View"
          value={view}
          choices={views}
          onChange={(next: View) => setParams({ view: next === 'users' ? null : next })}
        />
        <SearchBox
          label={`Filter ${view === 'audit' ? 'the audit' : view}`}
          value={filter}
          isPageFilter
          onChange={(text) => setParams({ q: text }, { replace: true })}
        />
        <Spring />
        {data && <span className="pager">{plural(count, view === 'audit' ? 'line' : view.slice(0, -1))}</span>}
      </Toolbar>
      {!data && failure ? (
        <Failure title="Users did not come" error={failure} onRetry={reload} />
      ) : !data ? (
        <Loading rows={8} />
      ) : view === 'users' ? (
        <Table
          label="Users"
          rows={users}
          columns={userColumns(setEnding)}
          rowKey={({ id }) => id}
          isMain
          minWidth={900}
          rowHeight={40}
          empty={<Nobody filter={filter} />}
        />
      ) : view === 'clients' ? (
        <Table
          label="Clients"
          rows={clients}
          columns={clientColumns}
          rowKey={({ id }) => id}
          isMain
          minWidth={900}
          rowHeight={40}
          empty={<Nobody filter={filter} />}
        />
      ) : (
        <Table
          label="Audit"
          rows={events}
          columns={eventColumns}
          rowKey={({ key }) => key}
          isMain
          minWidth={900}
          empty={<Nobody filter={filter} />}
        />
      )}
      {ending && path && (
        <EndSessions
          user={ending}
          path={path}
          onClose={() => setEnding(null)}
          onDone={() => {
            setEnding(null);
            reload();
          }}
        />
      )}
    </Page>
  );
}

const userColumns = (onEnd: (user: IdentityUser) => void): Column<IdentityUser>[] => [
  {
    key: 'username',
    name: 'User',
    width: 'minmax(180px, 1fr)',
    render: (user) => <span className="truncate topics-name">{user.username}</span>,
  },
  {
    key: 'name',
    name: 'Name',
    width: 'minmax(160px, 1fr)',
    render: (user) => (
      <span className="truncate">{user.serviceOf === null ? user.name : `Service account of ${user.serviceOf}`}</span>
    ),
  },
  {
    key: 'email',
    name: 'E-mail',
    width: 'minmax(160px, 1fr)',
    render: (user) => <span className="truncate muted">{user.email ?? '–'}</span>,
  },
  {
    key: 'roles',
    name: 'Roles',
    width: 'minmax(180px, 1fr)',
    render: (user) => (
      <span className="topics-groups">
        {user.roles.map((role) => (
          <span key={role} className="badge">
            {role}
          </span>
        ))}
      </span>
    ),
  },
  {
    key: 'state',
    name: 'State',
    width: '170px',
    render: (user) =>
      !user.isEnabled ? (
        <State health="unknown">Switched off</State>
      ) : user.waitMs > 0 ? (
        <State health="warning">Waits, {plural(user.failures, 'failure')}</State>
      ) : (
        <State health="good">Enabled</State>
      ),
  },
  {
    key: 'sessions',
    name: 'Sessions',
    width: '90px',
    align: 'right',
    render: (user) => <Count value={user.sessions} />,
  },
  {
    key: 'end',
    name: 'End the sessions',
    isNameHidden: true,
    width: '110px',
    align: 'right',
    render: (user) =>
      user.sessions > 0 ? (
        <Button look="quiet" aria-label={`Sign out ${user.username}`} onClick={() => onEnd(user)}>
          Sign out
        </Button>
      ) : null,
  },
];

const clientColumns: Column<IdentityClient>[] = [
  {
    key: 'client',
    name: 'Client',
    width: 'minmax(180px, 1fr)',
    render: (client) => <span className="truncate topics-name">{client.clientId}</span>,
  },
  {
    key: 'name',
    name: 'Name',
    width: 'minmax(160px, 1fr)',
    render: (client) => <span className="truncate">{client.name ?? '–'}</span>,
  },
  {
    key: 'kind',
    name: 'Kind',
    width: '120px',
    render: (client) => <span>{client.isPublic ? 'Public' : 'With a secret'}</span>,
  },
  {
    key: 'flows',
    name: 'Flows',
    width: 'minmax(240px, 1.4fr)',
    render: (client) => <span className="truncate">{client.flows.join(', ') || 'none'}</span>,
  },
  {
    key: 'redirects',
    name: 'Goes back to',
    width: 'minmax(200px, 1.4fr)',
    render: (client) => <span className="mono truncate muted">{client.redirectUris.join('  ') || '–'}</span>,
  },
  {
    key: 'state',
    name: 'State',
    width: '130px',
    render: (client) =>
      client.isEnabled ? <State health="good">Enabled</State> : <State health="unknown">Switched off</State>,
  },
];

const eventColumns: Column<IdentityEvent>[] = [
  {
    key: 'age',
    name: 'Age',
    width: '90px',
    align: 'right',
    render: (event) => (
      <time dateTime={new Date(event.timestampMs).toISOString()}>{formatAge(Date.now() - event.timestampMs)}</time>
    ),
  },
  {
    key: 'outcome',
    name: 'Outcome',
    width: '120px',
    render: (event) =>
      event.outcome === 'success' ? <State health="good">Done</State> : <State health="bad">Refused</State>,
  },
  {
    key: 'event',
    name: 'Event',
    width: 'minmax(160px, 1fr)',
    render: (event) => <span className="mono truncate">{event.event}</span>,
  },
  {
    key: 'user',
    name: 'User',
    width: 'minmax(140px, 1fr)',
    render: (event) => <span className="truncate">{event.user ?? '–'}</span>,
  },
  {
    key: 'client',
    name: 'Client',
    width: 'minmax(140px, 1fr)',
    render: (event) => <span className="truncate">{event.client ?? '–'}</span>,
  },
  {
    key: 'reason',
    name: 'Reason',
    width: 'minmax(140px, 1fr)',
    render: (event) => <span className="truncate muted">{event.reason ?? ''}</span>,
  },
  {
    key: 'address',
    name: 'From',
    width: '150px',
    render: (event) => <span className="mono truncate muted">{event.address ?? '–'}</span>,
  },
];

/** Two lines may be of one millisecond. */
function eventKey({ timestampMs, event, user, client }: IdentityEvent, place: number): string {
  return [timestampMs, event, user, client, place].join(' ');
}

function Nobody({ filter }: { filter: string }): ReactNode {
  return (
    <Empty title={filter === '' ? 'Nothing yet' : 'Nothing fits the filter'}>
      <p>{filter === '' ? 'Logins and changes appear here as they happen.' : `Nothing has “${filter}” in it.`}</p>
    </Empty>
  );
}

function EndSessions({
  user,
  path,
  onClose,
  onDone,
}: {
  user: IdentityUser;
  path: string;
  onClose: () => void;
  onDone: () => void;
}): ReactNode {
  const [problem, setProblem] = useState<string | null>(null);
  const end = (): void => {
    send('POST', `${path}/users/${user.id}/logout`).then(onDone, (error: Error) => setProblem(error.message));
  };
  return (
    <Dialog label={`Sign ${user.username} out`} onClose={onClose}>
      <div className="dialog-body">
        <h2>Sign {user.username} out?</h2>
        <p>
          {formatExact(user.sessions)} {user.sessions === 1 ? 'session ends' : 'sessions end'}: refresh tokens stop
          working now, access tokens that services check by themselves when their minutes are over.
        </p>
        {problem && (
          <p className="field-error" role="alert">
            {problem}
          </p>
        )}
        <div className="dialog-actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="danger" onClick={end}>
            Sign out
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
