import { Component, type ReactNode } from 'react';
import { Button } from '../components/controls.tsx';
import { Empty } from '../components/notice.tsx';

interface Props {
  /** Another page begins without the error of the one before. */
  resetKey: string;
  children: ReactNode;
}

interface State {
  error: Error | null;
  resetKey: string;
}

/** A page that fails leaves the frame standing, and says what to do. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: null, resetKey: this.props.resetKey };

  static getDerivedStateFromError(error: Error): Partial<State> {
    return { error };
  }

  static getDerivedStateFromProps(props: Props, state: State): Partial<State> | null {
    return props.resetKey === state.resetKey ? null : { error: null, resetKey: props.resetKey };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    // A page that was not loaded yet, of a console that was built anew meanwhile, is gone from the server.
    const isStale = /dynamically imported module|module script/i.test(error.message);
    return (
      <main>
        <Empty title={isStale ? 'The console was updated' : 'This page failed'}>
          <p>{isStale ? 'This page belongs to the version before.' : error.message}</p>
          <p>
            <Button icon="refresh" look="primary" onClick={() => location.reload()}>
              Load it again
            </Button>
          </p>
        </Empty>
      </main>
    );
  }
}
