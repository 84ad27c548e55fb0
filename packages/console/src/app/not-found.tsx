import type { ReactNode } from 'react';
import { Empty } from '../components/notice.tsx';
import { pathOf } from '../url/route.ts';
import { Link } from './navigation.tsx';
import { Page } from './page.tsx';

export function NotFound({ path }: { path: string }): ReactNode {
  return (
    <Page title="Not found">
      <Empty title="There is no such page">
        <p>
          <code>{path}</code> leads nowhere. Press <kbd className="key">Ctrl K</kbd> to find a topic or group by name,
          or go to the{' '}
          <Link className="link" to={pathOf({ page: 'map' })}>
            map
          </Link>
          .
        </p>
      </Empty>
    </Page>
  );
}
