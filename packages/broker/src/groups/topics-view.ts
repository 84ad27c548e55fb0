/** A topic as groups see it. */
export interface TopicView {
  readonly name: string;
  readonly topicId: string;
  readonly partitions: number;
}

/** The topics of the broker: a group asks again what its members subscribe to when the version is another. */
export interface TopicsView {
  /** Another number after each topic that was made, deleted or got more partitions. */
  readonly topicsVersion: number;
  topics(): readonly TopicView[];
  topic(name: string): TopicView | undefined;
  topicById(topicId: string): TopicView | undefined;
}
