import type { ReactNode } from 'react';
import { formatExact, plural } from '../format/number.ts';
import { IconButton } from './controls.tsx';
import './pager.css';

/** `1–100 of 1,234`, and a step back or on; only the number when all fits on one page. */
export function Pager({
  page,
  pageSize,
  total,
  what,
  onPage,
}: {
  page: number;
  pageSize: number;
  total: number;
  what: string;
  onPage: (page: number) => void;
}): ReactNode {
  const first = (page - 1) * pageSize + 1;
  const last = Math.min(total, page * pageSize);
  const isOne = total <= pageSize && page === 1;
  return (
    <div className="pager">
      <span>{isOne ? plural(total, what) : `${formatExact(first)}–${formatExact(last)} of ${formatExact(total)}`}</span>
      {!isOne && (
        <>
          <IconButton icon="left" name="Previous page" disabled={page <= 1} onClick={() => onPage(page - 1)} />
          <IconButton icon="right" name="Next page" disabled={last >= total} onClick={() => onPage(page + 1)} />
        </>
      )}
    </div>
  );
}
