package headwater;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Properties;
import java.util.TreeSet;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.processor.LogAndSkipOnInvalidTimestamp;
import org.apache.kafka.streams.state.BuiltInDslStoreSuppliers;
import org.apache.kafka.streams.test.TestRecord;

/** Runs topologies in Kafka Streams' own test driver: a job (JSON) a line of input, what came of it a line of output. */
public final class StreamsPeer {
  private static final ObjectMapper json = new ObjectMapper();

  private StreamsPeer() {}

  public static void main(String[] args) throws Exception {
    PrintStream out = new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), false, StandardCharsets.UTF_8);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      ObjectNode answer = json.createObjectNode();
      try {
        run(json.readTree(line), answer);
      } catch (Exception e) {
        Throwable cause = e;
        while (cause.getCause() != null) cause = cause.getCause();
        answer.put("error", cause.toString());
        if (System.getenv("STREAMS_PEER_TRACE") != null) e.printStackTrace();
      }
      out.println(json.writeValueAsString(answer));
      out.flush();
    }
  }

  /** `stateDir`: stores are on disk there; null: in memory. */
  static Properties config(String stateDir) {
    Properties config = new Properties();
    config.put(StreamsConfig.APPLICATION_ID_CONFIG, "app");
    config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "nowhere:1");
    config.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.String().getClass());
    config.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.String().getClass());
    config.put(StreamsConfig.DEFAULT_TIMESTAMP_EXTRACTOR_CLASS_CONFIG, LogAndSkipOnInvalidTimestamp.class);
    // Each update of a table is sent.
    config.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 0);
    // A table's own topic is its changelog.
    config.put(StreamsConfig.TOPOLOGY_OPTIMIZATION_CONFIG, StreamsConfig.REUSE_KTABLE_SOURCE_TOPICS);
    if (stateDir != null) config.put(StreamsConfig.STATE_DIR_CONFIG, stateDir);
    else config.put(StreamsConfig.DSL_STORE_SUPPLIERS_CLASS_CONFIG, BuiltInDslStoreSuppliers.InMemoryDslStoreSuppliers.class);
    // What waits for the end of a window is told of at the first record after it, not up to a second of wall clock later.
    config.put(StreamsConfig.InternalConfig.EMIT_INTERVAL_MS_KSTREAMS_WINDOWED_AGGREGATION, 0L);
    config.put(StreamsConfig.InternalConfig.EMIT_INTERVAL_MS_KSTREAMS_OUTER_JOIN_SPURIOUS_RESULTS_FIX, 0L);
    return config;
  }

  private static void run(JsonNode job, ObjectNode answer) throws IOException {
    Path stateDir = job.path("onDisk").asBoolean() ? Files.createTempDirectory("streams-peer") : null;
    try {
      run(job, answer, config(stateDir == null ? null : stateDir.toString()));
    } finally {
      if (stateDir != null) Utils.delete(stateDir.toFile());
    }
  }

  private static void run(JsonNode job, ObjectNode answer, Properties config) {
    Topology topology = TopologyMaker.make(job.get("steps"), config);
    answer.put("description", topology.describe().toString());
    ObjectNode topics = answer.putObject("topics");
    try (TopologyTestDriver driver = new TopologyTestDriver(topology, config, Instant.EPOCH)) {
      ByteArraySerializer bytes = new ByteArraySerializer();
      int index = 0;
      for (JsonNode record : job.get("records")) {
        String topic = record.get(0).asText();
        long time = record.get(3).asLong();
        if (topic.isEmpty()) driver.advanceWallClockTime(Duration.ofMillis(time));
        else driver.createInputTopic(topic, bytes, bytes).pipeInput(new TestRecord<>(bytesOf(record.get(1)), bytesOf(record.get(2)), job.path("hasHeaders").asBoolean() ? headersOf(index) : new RecordHeaders(), time));
        drain(driver, topics, index++);
      }
    }
  }

  /** The header of an input record, by its index: its number, and none for some; as in description.ts. */
  private static RecordHeaders headersOf(int index) {
    RecordHeaders headers = new RecordHeaders();
    if (index % 4 != 3) headers.add("n", String.valueOf(index).getBytes(StandardCharsets.UTF_8));
    return headers;
  }

  /** What was written since the last time: `[index of the input record, key, value, timestamp, headers]`. */
  private static void drain(TopologyTestDriver driver, ObjectNode topics, int index) {
    ByteArrayDeserializer bytes = new ByteArrayDeserializer();
    for (String topic : new TreeSet<>(driver.producedTopicNames())) {
      ArrayNode list = topics.withArrayProperty(topic);
      for (TestRecord<byte[], byte[]> each : driver.createOutputTopic(topic, bytes, bytes).readRecordsToList()) {
        ArrayNode row = list.addArray();
        StringBuilder headers = new StringBuilder();
        for (Header header : each.headers()) {
          if (headers.length() > 0) headers.append(',');
          headers.append(header.key()).append('=').append(textOf(header.value()));
        }
        row.add(index).add(textOf(each.key())).add(textOf(each.value())).add(each.timestamp()).add(headers.toString());
      }
    }
  }

  private static byte[] bytesOf(JsonNode text) {
    return text.isNull() ? null : text.asText().getBytes(StandardCharsets.UTF_8);
  }

  /** A character a byte. */
  static String textOf(byte[] bytes) {
    return bytes == null ? null : new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
