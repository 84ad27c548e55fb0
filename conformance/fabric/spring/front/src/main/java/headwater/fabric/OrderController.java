package headwater.fabric;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.NewTopic;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.config.TopicBuilder;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/** Writes orders as JSON records, and reads them in a group. */
@RestController
public class OrderController {
  record Order(String id, int amount) {}

  private final KafkaTemplate<String, Object> kafka;
  private final List<Order> received = new CopyOnWriteArrayList<>();

  OrderController(KafkaTemplate<String, Object> kafka) {
    this.kafka = kafka;
  }

  /** Answers when the record is acknowledged: partition-offset. */
  @PostMapping("/orders")
  String order(@RequestBody Order order) throws Exception {
    var written = kafka.send("fabric-orders", order.id(), order).get(20, TimeUnit.SECONDS).getRecordMetadata();
    return written.partition() + "-" + written.offset();
  }

  @GetMapping("/orders")
  List<Order> received() {
    return received;
  }

  @KafkaListener(topics = "fabric-orders", properties = "auto.offset.reset=earliest")
  void receive(Order order) {
    received.add(order);
  }

  @Configuration
  static class Topics {
    @Bean
    NewTopic orders() {
      return TopicBuilder.name("fabric-orders").partitions(3).replicas(1).build();
    }

    @Bean
    NewTopic lines() {
      return TopicBuilder.name("fabric-lines").partitions(2).replicas(1).build();
    }

    @Bean
    NewTopic counts() {
      return TopicBuilder.name("fabric-counts").partitions(2).replicas(1).compact().build();
    }
  }
}
