import { StreamsBuilder, type Topology } from '@headwater/streams';
import { streamOf } from '../plan/physical/build-query.ts';
import { buildStep, withColumns } from '../plan/physical/build-step.ts';
import { CompiledOperator } from '../plan/physical/compiled-operator.ts';
import { type Row, valueCode } from '../plan/physical/flow.ts';
import { runnerOf } from '../plan/physical/materialize.ts';
import { newQueryContext, type QueryContext } from '../plan/physical/query-context.ts';
import type { ProjectStep } from '../plan/steps/project-step.ts';
import { RowReceiver } from './row-selection.ts';

export interface TransientQuery {
  readonly topology: Topology;
  prepare(): Promise<void>;
}

/** A topology whose results go to a function. A null row: the row of the key is gone. */
export function buildTransient(
  step: ProjectStep,
  options: Pick<QueryContext, 'functions' | 'properties' | 'registry' | 'onError'>,
  receive: (key: unknown, row: readonly unknown[] | null, timestamp: number) => void,
): TransientQuery {
  const builder = new StreamsBuilder();
  const context = newQueryContext(builder, options);
  const expressions = step.items.map(({ expression }) => expression);
  const flow = streamOf(buildStep(step.input, withColumns(new Set(), expressions), context));
  const values = expressions.map((each) => valueCode(each, flow.columns, flow.pending.module, context));
  const run = runnerOf(flow, values, { nullRows: 'kept' });
  flow.stream
    .through<unknown, Row | null>(() => new CompiledOperator(run))
    .through(() => {
      const receiver = new RowReceiver();
      receiver.receive = receive;
      return receiver;
    });
  return {
    topology: builder.build(),
    async prepare() {
      for (const writer of context.writers) await writer.register?.();
    },
  };
}
