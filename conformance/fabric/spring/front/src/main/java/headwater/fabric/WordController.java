package headwater.fabric;

import java.util.Arrays;
import java.util.HashMap;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.annotation.EnableKafkaStreams;
import org.springframework.kafka.config.StreamsBuilderFactoryBean;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.core.ProducerFactory;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/** Counts words from topic to topic, exactly once, and answers from its store. */
@RestController
public class WordController {
  private final StreamsBuilderFactoryBean streams;
  private final KafkaTemplate<String, String> lines;

  WordController(StreamsBuilderFactoryBean streams, ProducerFactory<?, ?> producers) {
    this.streams = streams;
    // As the application's producer is configured, but for text.
    var settings = new HashMap<>(producers.getConfigurationProperties());
    this.lines = new KafkaTemplate<>(new DefaultKafkaProducerFactory<>(settings, new StringSerializer(), new StringSerializer()));
  }

  @PostMapping("/lines")
  void line(@RequestBody String line) throws Exception {
    lines.send("fabric-lines", line).get(20, TimeUnit.SECONDS);
  }

  @GetMapping("/words/{word}")
  long count(@PathVariable String word) {
    var store = streams.getKafkaStreams()
        .store(StoreQueryParameters.fromNameAndType("words", QueryableStoreTypes.<String, Long>keyValueStore()));
    Long count = store.get(word);
    return count == null ? 0 : count;
  }

  @Configuration
  @EnableKafkaStreams
  static class Topology {
    @Bean
    KTable<String, Long> words(StreamsBuilder builder) {
      var strings = Serdes.String();
      KTable<String, Long> counts = builder.stream("fabric-lines", Consumed.with(strings, strings))
          .flatMapValues(line -> Arrays.asList(line.toLowerCase().split("\\W+")))
          .groupBy((key, word) -> word, Grouped.with(strings, strings))
          .count(Materialized.as("words"));
      counts.toStream().mapValues(String::valueOf).to("fabric-counts", Produced.with(strings, strings));
      return counts;
    }
  }
}
