import type { ReactNode } from 'react';
import { setParams } from '../../app/navigation.tsx';
import { Button } from '../../components/controls.tsx';
import { type FollowSubject, followParam } from '../../url/follow.ts';

/** From here to all that belongs to it: trace, lines, records before and after, documents, rows. */
export function FollowButton({ subject }: { subject: FollowSubject }): ReactNode {
  return (
    <Button icon="follow" onClick={() => setParams({ follow: followParam(subject) })}>
      Follow
    </Button>
  );
}
