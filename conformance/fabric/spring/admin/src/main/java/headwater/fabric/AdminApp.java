package headwater.fabric;

import de.codecentric.boot.admin.server.config.EnableAdminServer;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** Spring Boot Admin, which finds what it shows through Eureka. */
@SpringBootApplication
@EnableAdminServer
public class AdminApp {
  public static void main(String[] args) {
    SpringApplication.run(AdminApp.class, args);
  }
}
