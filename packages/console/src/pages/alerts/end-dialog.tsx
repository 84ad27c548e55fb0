import { type FormEvent, type ReactNode, useState } from 'react';
import type { ApiError } from '../../api/api-error.ts';
import { send } from '../../api/http.ts';
import { Button } from '../../components/controls.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { toast } from '../../components/toasts.tsx';

/** Ends a rule or a silence, after saying what follows. */
export function EndDialog({
  title,
  consequence,
  verb,
  done,
  path,
  onClose,
  onDone,
}: {
  title: string;
  consequence: string;
  verb: string;
  done: string;
  path: string;
  onClose: () => void;
  onDone: () => void;
}): ReactNode {
  const [error, setError] = useState<ApiError | null>(null);
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      await send('DELETE', path);
      toast(done);
      onClose();
      onDone();
    } catch (failure) {
      setError(failure as ApiError);
      setBusy(false);
    }
  };
  return (
    <Dialog label={title} onClose={onClose}>
      <form className="dialog-body" onSubmit={(event) => void submit(event)}>
        <h2>{title}</h2>
        <p>{consequence}</p>
        {error && (
          <p className="field-error" role="alert">
            {error.message}
          </p>
        )}
        <div className="dialog-actions">
          <Button look="quiet" onClick={onClose}>
            Leave it as it is
          </Button>
          <Button look="danger" type="submit" disabled={isBusy}>
            {verb}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
