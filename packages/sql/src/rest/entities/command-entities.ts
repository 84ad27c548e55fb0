import type { EntityHead } from './entity.ts';

export interface CommandStatus {
  readonly status: 'QUEUED' | 'PARSING' | 'EXECUTING' | 'RUNNING' | 'TERMINATED' | 'SUCCESS' | 'ERROR';
  readonly message: string;
  readonly queryId: string | null;
}

/** Of statements that change what there is. */
export interface CurrentStatus extends EntityHead {
  readonly '@type': 'currentStatus';
  /** `stream/NAME/create`. */
  readonly commandId: string;
  readonly commandStatus: CommandStatus;
  readonly commandSequenceNumber: number;
}

export interface TerminateQuery extends EntityHead {
  readonly '@type': 'terminate_query';
  readonly queryId: string;
  readonly wasTerminated: boolean;
}

export interface WarningEntity extends EntityHead {
  readonly '@type': 'warning_entity';
  readonly message: string;
}
