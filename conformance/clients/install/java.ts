import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { cacheDir, canRun, type Launcher, node, reasonOf, run } from './cache.ts';

export function kafkaTool(): string | null {
  const root = resolve(import.meta.dirname, '../../..');
  const shared = process.env['HEADWATER_SHARED'] ?? resolve(root, '../shared');
  const launcher = process.env['KAFKA_TOOL'] ?? join(shared, 'peers/kafka-tool');
  return existsSync(launcher) ? launcher : null;
}

/** A script with the launcher of Apache Kafka's own programs, or why they cannot be had. */
async function javaTools(script: string): Promise<Launcher | string> {
  const launcher = kafkaTool();
  if (launcher === null)
    return "Apache Kafka's tools are not here (KAFKA_TOOL, or peers/kafka-tool in HEADWATER_SHARED)";
  if (!(await canRun('java', ['-version']))) return 'java is not installed';
  // Tools live for seconds: the second compiler costs more than it gives.
  return node(script, { KAFKA_TOOL: launcher, KAFKA_TOOL_TIER: '1' });
}

/** A script that needs our Java programs (../java) too: they are compiled against Kafka's jars into the cache. */
export async function javaPrograms(script: string): Promise<Launcher | string> {
  const tools = await javaTools(script);
  if (typeof tools === 'string') return tools;
  const sourceDir = join(import.meta.dirname, '../java');
  const sources = (await readdir(sourceDir))
    .filter((name) => name.endsWith('.java'))
    .map((name) => join(sourceDir, name));
  const hash = createHash('sha256');
  for (const source of sources) hash.update(await readFile(source));
  const classes = join(cacheDir, 'java', hash.digest('hex').slice(0, 16));
  try {
    if (!existsSync(classes)) {
      await rm(`${classes}.new`, { recursive: true, force: true });
      await mkdir(`${classes}.new`, { recursive: true });
      // The compiler as a program like any other: it takes the class path of the launcher, which knows where the jars are.
      const args = ['com.sun.tools.javac.Main', '-d', `${classes}.new`, ...sources];
      await run(tools.env!['KAFKA_TOOL']!, args, { env: { ...process.env, ...tools.env }, timeout: 120_000 });
      await rename(`${classes}.new`, classes);
    }
  } catch (error) {
    return `the Java programs cannot be compiled: ${reasonOf(error)}`;
  }
  return { ...tools, env: { ...tools.env, JAVA_CLASSES: classes } };
}

const connectVersion = '4.3.1';

/** A script with the file connectors of Kafka Connect too, which come with no other jar, or why they cannot be had. */
export async function kafkaConnect(script: string): Promise<Launcher | string> {
  const tools = await javaTools(script);
  if (typeof tools === 'string') return tools;
  const dir = join(cacheDir, 'connect');
  const jar = join(dir, `connect-file-${connectVersion}.jar`);
  try {
    if (!existsSync(jar)) {
      if (!(await canRun('mvn', ['--version']))) return 'mvn is not installed';
      const artifact = `-Dartifact=org.apache.kafka:connect-file:${connectVersion}`;
      const args = ['-q', '-B', 'dependency:copy', artifact, `-DoutputDirectory=${dir}`, '-Dmdep.useBaseVersion=true'];
      await run('mvn', args, { timeout: 120_000 });
    }
  } catch (error) {
    return `the file connectors of Kafka Connect cannot be had: ${reasonOf(error)}`;
  }
  return { ...tools, env: { ...tools.env, CONNECT_JAR: jar } };
}
