package headwater.fabric;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.web.SecurityFilterChain;

/** A service that is called: an OAuth 2 resource server in Eureka, configured by the config server, refreshed by the bus. */
@SpringBootApplication
public class EchoApp {
  public static void main(String[] args) {
    SpringApplication.run(EchoApp.class, args);
  }

  @Bean
  SecurityFilterChain rules(HttpSecurity http) throws Exception {
    return http.csrf(AbstractHttpConfigurer::disable)
        .authorizeHttpRequests(rules -> rules
            .requestMatchers("/user").authenticated()
            .requestMatchers("/operator").hasRole("operator")
            .requestMatchers("/admin").hasRole("admin")
            .anyRequest().permitAll())
        .oauth2ResourceServer(server -> server.jwt(jwt -> jwt.jwtAuthenticationConverter(new RealmRoles().converter())))
        .build();
  }
}
