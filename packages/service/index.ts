export type { SchemaDefinition, TopicDefinition, TopicDefinitions, TopicTypes } from './src/topic-definitions.ts';
