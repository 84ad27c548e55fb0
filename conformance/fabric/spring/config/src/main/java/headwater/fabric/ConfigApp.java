package headwater.fabric;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.cloud.config.server.EnableConfigServer;

/** The control of configuration: from a folder that it watches, with what has changed told on the bus. */
@SpringBootApplication
@EnableConfigServer
public class ConfigApp {
  public static void main(String[] args) {
    SpringApplication.run(ConfigApp.class, args);
  }
}
