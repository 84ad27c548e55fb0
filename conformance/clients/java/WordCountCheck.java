package headwater;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Counts the words of the input itself and compares with what the word count wrote, both read_committed. Arguments: bootstrap,
 * input topic, output topic, "exactly" or "atLeast", seconds to wait without progress. Prints one line "ok …", or "wrong …" for
 * each word that is wrong; ends with 1 then.
 */
public class WordCountCheck {
  static final Map<String, Long> expected = new TreeMap<>();
  static final Map<String, Long> found = new TreeMap<>();
  static long outOfOrder = 0;

  public static void main(String[] args) {
    boolean exactly = args[3].equals("exactly");
    long patienceMs = Long.parseLong(args[4]) * 1000;
    Properties settings = new Properties();
    settings.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 5000);
    long lines = readInput(settings, args[1]);
    long total = expected.values().stream().mapToLong(Long::longValue).sum();
    long updates = 0;
    try (KafkaConsumer<String, byte[]> consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
      assignAll(consumer, args[2]);
      LongDeserializer longs = new LongDeserializer();
      long lastMs = System.currentTimeMillis();
      long idleMs = 0;
      // Once all is there a little longer: what comes too much must not be missed.
      while (idleMs < (complete() ? 2000 : patienceMs)) {
        for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofMillis(200))) {
          long count = longs.deserialize(args[2], record.value());
          if (count != found.getOrDefault(record.key(), 0L) + 1) outOfOrder++;
          found.put(record.key(), count);
          updates++;
          lastMs = System.currentTimeMillis();
        }
        idleMs = System.currentTimeMillis() - lastMs;
      }
    }
    boolean wrong = false;
    for (String word : expected.keySet()) {
      long count = found.getOrDefault(word, 0L);
      if (exactly ? count == expected.get(word) : count >= expected.get(word)) continue;
      wrong = true;
      System.out.println("wrong " + word + ": " + count + " instead of " + expected.get(word));
    }
    if (exactly && outOfOrder > 0) {
      wrong = true;
      System.out.println("wrong: " + outOfOrder + " updates do not count on from the one before");
    }
    long counted = found.values().stream().mapToLong(Long::longValue).sum();
    System.out.println(
        (wrong ? "wrong " : "ok ") + lines + " lines, " + total + " words, " + counted + " counted, " + updates + " updates");
    if (wrong) System.exit(1);
  }

  static boolean complete() {
    for (String word : expected.keySet()) if (found.getOrDefault(word, 0L) < expected.get(word)) return false;
    return true;
  }

  static long readInput(Properties settings, String topic) {
    long lines = 0;
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
      List<TopicPartition> partitions = assignAll(consumer, topic);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (partitions.stream().anyMatch(partition -> consumer.position(partition) < ends.get(partition))) {
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
          for (String word : record.value().split(" ")) expected.merge(word, 1L, Long::sum);
          lines++;
        }
      }
    }
    return lines;
  }

  static List<TopicPartition> assignAll(KafkaConsumer<?, ?> consumer, String topic) {
    List<TopicPartition> partitions = new ArrayList<>();
    consumer.partitionsFor(topic).forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    return partitions;
  }
}
