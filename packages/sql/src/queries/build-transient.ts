import type { Topology } from '@headwater/streams';
import { streamOf } from '../plan/physical/build-query.ts';
import { buildSteps, withColumns } from '../plan/physical/build-step.ts';
import { CompiledOperator } from '../plan/physical/compiled-operator.ts';
import { type Row, valueCode } from '../plan/physical/flow.ts';
import { runnerOf } from '../plan/physical/materialize.ts';
import type { QueryOptions } from '../plan/physical/query-context.ts';
import type { ProjectStep } from '../plan/steps/project-step.ts';
import { RowReceiver } from './row-selection.ts';

export interface TransientQuery {
  readonly topology: Topology;
  prepare(): Promise<void>;
}

/** A topology whose results go to a function. A null row: the row of the key is gone. */
export function buildTransient(
  step: ProjectStep,
  options: QueryOptions,
  receive: (key: unknown, row: readonly unknown[] | null, timestamp: number) => void,
): TransientQuery {
  const expressions = step.items.map(({ expression }) => expression);
  const built = buildSteps(step.input, withColumns(new Set(), expressions), options);
  const { context } = built;
  const flow = streamOf(built.flow);
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
    topology: context.builder.build(),
    async prepare() {
      for (const writer of context.writers) await writer.register?.();
    },
  };
}
