import type { EntityHead, SchemaInfo } from './entity.ts';

export interface TopicLine {
  readonly name: string;
  /** Replicas of each partition. */
  readonly replicaInfo: readonly number[];
}

export interface TopicList extends EntityHead {
  readonly '@type': 'kafka_topics';
  readonly topics: readonly TopicLine[];
}

export interface ExtendedTopicList extends EntityHead {
  readonly '@type': 'kafka_topics_extended';
  readonly topics: readonly (TopicLine & { readonly consumerCount: number; readonly consumerGroupCount: number })[];
}

export interface PropertyList extends EntityHead {
  readonly '@type': 'properties';
  readonly properties: readonly { readonly name: string; readonly scope: string; readonly value: string | null }[];
  readonly overwrittenProperties: readonly string[];
  readonly defaultProperties: readonly string[];
}

export interface FunctionList extends EntityHead {
  readonly '@type': 'function_names';
  readonly functions: readonly {
    readonly name: string;
    readonly type: 'SCALAR' | 'AGGREGATE' | 'TABLE';
    readonly category: string;
  }[];
}

export interface FunctionDescription extends EntityHead {
  readonly '@type': 'describe_function';
  readonly name: string;
  readonly description: string;
  readonly author: string;
  readonly version: string;
  readonly path: string;
  readonly type: 'SCALAR' | 'AGGREGATE' | 'TABLE';
  readonly functions: readonly {
    readonly arguments: readonly {
      readonly name: string;
      readonly type: string;
      readonly description: string;
      readonly isVariadic: boolean;
    }[];
    readonly returnType: string;
    readonly description: string;
  }[];
}

export interface TypeList extends EntityHead {
  readonly '@type': 'type_list';
  readonly types: Readonly<Record<string, SchemaInfo>>;
}

export interface VariableList extends EntityHead {
  readonly '@type': 'variables';
  readonly variables: readonly { readonly name: string; readonly value: string }[];
}

export interface AssertTopicEntity extends EntityHead {
  readonly '@type': 'assert_topic';
  readonly topicName: string;
  readonly exists: boolean;
}

export interface AssertSchemaEntity extends EntityHead {
  readonly '@type': 'assert_schema';
  readonly subject: string | null;
  readonly id: number | null;
  readonly exists: boolean;
}
