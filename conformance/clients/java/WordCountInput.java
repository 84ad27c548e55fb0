package headwater;

import java.util.Properties;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/** Writes lines of random words, idempotently. Arguments: bootstrap, topic, lines, lines a second, seed. */
public class WordCountInput {
  public static void main(String[] args) throws Exception {
    Properties settings = new Properties();
    settings.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
    settings.put(ProducerConfig.LINGER_MS_CONFIG, 5);
    // A broker that is killed comes back; what waits meanwhile is not given up.
    settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 300000);
    settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 10000);
    long lines = Long.parseLong(args[2]);
    long rate = Long.parseLong(args[3]);
    Random random = new Random(Long.parseLong(args[4]));
    AtomicLong acknowledged = new AtomicLong();
    AtomicLong failed = new AtomicLong();
    long startedMs = System.currentTimeMillis();
    try (KafkaProducer<String, String> producer =
        new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
      for (long i = 0; i < lines; i++) {
        StringBuilder line = new StringBuilder();
        for (int word = 0; word < 3; word++) {
          // Few words are common, many are rare.
          int number = (int) Math.abs(random.nextGaussian() * 20);
          line.append(word == 0 ? "" : " ").append("w").append(number);
        }
        producer.send(
            new ProducerRecord<>(args[1], "k" + i, line.toString()),
            (metadata, error) -> {
              if (error == null) acknowledged.incrementAndGet();
              else {
                failed.incrementAndGet();
                System.out.println("error " + error);
              }
            });
        if (i % 50 == 49) {
          System.out.println("sent " + (i + 1) + " " + acknowledged.get());
          long aheadMs = (i + 1) * 1000 / rate - (System.currentTimeMillis() - startedMs);
          if (aheadMs > 0) Thread.sleep(aheadMs);
        }
      }
    }
    System.out.println("done " + acknowledged.get() + " " + failed.get());
  }
}
