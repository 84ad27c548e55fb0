package headwater.fabric;

import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.cloud.context.config.annotation.RefreshScope;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** Shows what it was configured with, in the two ways that beans see a change. */
@RestController
public class SettingsController {
  private final Message message;
  private final Limits limits;
  private final Environment environment;

  SettingsController(Message message, Limits limits, Environment environment) {
    this.message = message;
    this.limits = limits;
    this.environment = environment;
  }

  @GetMapping("/settings")
  Map<String, Object> settings() {
    Map<String, Object> all = new LinkedHashMap<>();
    for (String name : new String[] {"plain", "profile", "application", "both", "last", "composed", "list[1]", "secret", "sealed"}) {
      all.put(name, environment.getProperty("fabric." + name));
    }
    all.put("message", message.text());
    all.put("pageSize", limits.getPageSize());
    all.put("process", ProcessHandle.current().pid());
    return all;
  }

  /** Made anew after a refresh. */
  static class Message {
    private final String text;

    Message(String text) {
      this.text = text;
    }

    // For the proxy of the scope.
    Message() {
      this(null);
    }

    String text() {
      return text;
    }
  }

  /** Bound again after a refresh. */
  @ConfigurationProperties("fabric.limits")
  static class Limits {
    private int pageSize;

    public int getPageSize() {
      return pageSize;
    }

    public void setPageSize(int pageSize) {
      this.pageSize = pageSize;
    }
  }

  @Configuration
  @EnableConfigurationProperties(Limits.class)
  static class Beans {
    @Bean
    @RefreshScope
    Message message(@Value("${fabric.message:none}") String text) {
      return new Message(text);
    }
  }
}
