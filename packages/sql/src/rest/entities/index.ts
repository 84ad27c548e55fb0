import type { CurrentStatus, TerminateQuery, WarningEntity } from './command-entities.ts';
import type {
  ConnectorCreated,
  ConnectorDescription,
  ConnectorDropped,
  ConnectorList,
  ConnectorPlugins,
} from './connector-entities.ts';
import type {
  AssertSchemaEntity,
  AssertTopicEntity,
  ExtendedTopicList,
  FunctionDescription,
  FunctionList,
  PropertyList,
  TopicList,
  TypeList,
  VariableList,
} from './server-entities.ts';
import type {
  QueryDescriptionEntity,
  QueryDescriptionList,
  QueryList,
  SourceDescriptionEntity,
  SourceDescriptionList,
  StreamList,
  TableList,
} from './source-entities.ts';

export type * from './command-entities.ts';
export type * from './connector-entities.ts';
export type * from './entity.ts';
export type * from './server-entities.ts';
export type * from './source-entities.ts';

/** What a statement is answered with, by `@type`. */
export type Entity =
  | CurrentStatus
  | TerminateQuery
  | WarningEntity
  | StreamList
  | TableList
  | SourceDescriptionEntity
  | SourceDescriptionList
  | QueryList
  | QueryDescriptionEntity
  | QueryDescriptionList
  | TopicList
  | ExtendedTopicList
  | PropertyList
  | FunctionList
  | FunctionDescription
  | TypeList
  | VariableList
  | AssertTopicEntity
  | AssertSchemaEntity
  | ConnectorCreated
  | ConnectorList
  | ConnectorPlugins
  | ConnectorDescription
  | ConnectorDropped;
