import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Classes of Apache Kafka's tools by their usual names. */
const classes: Record<string, string> = {
  acls: 'org.apache.kafka.tools.AclCommand',
  'broker-api-versions': 'org.apache.kafka.tools.BrokerApiVersionsCommand',
  'client-metrics': 'org.apache.kafka.tools.ClientMetricsCommand',
  cluster: 'org.apache.kafka.tools.ClusterTool',
  configs: 'kafka.admin.ConfigCommand',
  'console-consumer': 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  'console-producer': 'org.apache.kafka.tools.ConsoleProducer',
  'console-share-consumer': 'org.apache.kafka.tools.consumer.ConsoleShareConsumer',
  'consumer-groups': 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  'consumer-perf-test': 'org.apache.kafka.tools.ConsumerPerformance',
  'delegation-tokens': 'org.apache.kafka.tools.DelegationTokenCommand',
  'delete-records': 'org.apache.kafka.tools.DeleteRecordsCommand',
  'dump-log': 'org.apache.kafka.tools.DumpLogSegments',
  'e2e-latency': 'org.apache.kafka.tools.EndToEndLatency',
  features: 'org.apache.kafka.tools.FeatureCommand',
  'get-offsets': 'org.apache.kafka.tools.GetOffsetShell',
  groups: 'org.apache.kafka.tools.GroupsCommand',
  'leader-election': 'org.apache.kafka.tools.LeaderElectionCommand',
  'log-dirs': 'org.apache.kafka.tools.LogDirsCommand',
  'metadata-quorum': 'org.apache.kafka.tools.MetadataQuorumCommand',
  'producer-perf-test': 'org.apache.kafka.tools.ProducerPerformance',
  'reassign-partitions': 'org.apache.kafka.tools.reassign.ReassignPartitionsCommand',
  'share-groups': 'org.apache.kafka.tools.consumer.group.ShareGroupCommand',
  topics: 'org.apache.kafka.tools.TopicCommand',
  transactions: 'org.apache.kafka.tools.TransactionsCommand',
};

interface Answer {
  code: number;
  stdout: string;
  stderr: string;
}

/** Kafka's tools, one after the other in one JVM (../java/ToolShell.java). */
export class ToolShell {
  readonly #child: ChildProcess;
  readonly #waiting: ((answer: Answer | null) => void)[] = [];

  constructor(launcher: string, classPath: string) {
    const env = { ...process.env, KAFKA_TOOL_CLASSPATH: classPath };
    this.#child = spawn(launcher, ['headwater.ToolShell'], { stdio: ['pipe', 'pipe', 'inherit'], env });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.#waiting.shift()?.(JSON.parse(line)));
    this.#child.once('close', () => {
      for (const waiting of this.#waiting.splice(0)) waiting(null);
    });
    this.#child.stdin!.on('error', () => {});
  }

  /** Runs a tool to its end, however it ends. */
  async end(name: string, args: readonly string[], input = ''): Promise<Answer> {
    const answer = await new Promise<Answer | null>((resolve) => {
      this.#waiting.push(resolve);
      this.#child.stdin!.write(`${JSON.stringify({ class: classes[name] ?? name, args, input })}\n`);
    });
    if (answer === null) throw new Error(`the JVM of the tools ended during ${name} ${args.join(' ')}`);
    return answer;
  }

  /** What a tool printed, when it ended well. */
  async run(name: string, args: readonly string[], input = ''): Promise<string> {
    const { code, stdout, stderr } = await this.end(name, args, input);
    if (code !== 0) throw new Error(`${name} ${args.join(' ')} ended with ${code}\n${stdout}\n${stderr}`);
    return stdout;
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }
}
