import { type FormEvent, type ReactNode, useState } from 'react';
import type { ApiError } from '../../api/api-error.ts';
import { send } from '../../api/http.ts';
import type { TopicDetail } from '../../api/types.ts';
import { useFetch } from '../../api/use-fetch.ts';
import { Button, Field, Input } from '../../components/controls.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { toast } from '../../components/toasts.tsx';
import { formatExact, plural } from '../../format/number.ts';

/** Data loss: says how much, and takes the typed name. */
export function DeleteTopic({
  topic,
  onClose,
  onDeleted,
}: {
  topic: string;
  onClose: () => void;
  onDeleted: () => void;
}): ReactNode {
  const { data } = useFetch<TopicDetail>(`/api/topics/${encodeURIComponent(topic)}`);
  const [typed, setTyped] = useState('');
  const [error, setError] = useState<ApiError | null>(null);
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (typed !== topic) return;
    setBusy(true);
    try {
      await send('DELETE', `/api/topics/${encodeURIComponent(topic)}`);
      toast(`Topic ${topic} deleted`);
      onDeleted();
    } catch (failure) {
      setError(failure as ApiError);
      setBusy(false);
    }
  };
  const records = data?.partitions.reduce((sum, partition) => sum + partition.records, 0) ?? 0;
  return (
    <Dialog label={`Delete ${topic}`} onClose={onClose}>
      <form className="dialog-body" onSubmit={(event) => void submit(event)}>
        <h2>Delete {topic}?</h2>
        <p>
          {data ? (
            <>
              <strong>{formatExact(records)}</strong> {records === 1 ? 'record' : 'records'} in{' '}
              {plural(data.partitions.length, 'partition')} will be gone for good.
              {data.groups.length > 0 && <> It is read by {data.groups.map((group) => group.groupId).join(', ')}.</>}
            </>
          ) : (
            'Its records will be gone for good.'
          )}{' '}
          This cannot be undone.
        </p>
        <Field label={`Type ${topic} to go on`} error={error?.message ?? null}>
          {(id, noteId) => (
            <Input
              id={id}
              aria-describedby={noteId}
              autoFocus
              className="mono"
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
            />
          )}
        </Field>
        <div className="dialog-actions">
          <Button look="quiet" onClick={onClose}>
            Keep it
          </Button>
          <Button look="danger" type="submit" disabled={typed !== topic || isBusy}>
            Delete {data ? plural(records, 'record') : 'topic'}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
