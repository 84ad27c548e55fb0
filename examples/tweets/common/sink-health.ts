import type { RunningSink } from '@headwater/connect';
import type { TweetsService } from './service.ts';

/** Says of a sink, in the service's health, whether it gets on, and why not. Undefined: it was not opened yet. */
export function addSinkHealth(service: TweetsService, component: string, sink: () => RunningSink | undefined): void {
  service.health(component, () => {
    const figures = sink()?.figures;
    if (figures === undefined) return { status: 'STARTING' };
    const { lastError, state, ...more } = figures;
    const status = state === 'active' ? 'UP' : state === 'starting' ? 'STARTING' : 'DOWN';
    return { status, details: { state, ...more, ...(lastError !== null && { error: lastError }) } };
  });
}
