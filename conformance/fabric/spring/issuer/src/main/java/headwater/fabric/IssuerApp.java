package headwater.fabric;

import java.util.List;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.security.oauth2.server.authorization.token.JwtEncodingContext;
import org.springframework.security.oauth2.server.authorization.token.OAuth2TokenCustomizer;

/** The control of identity: Spring's authorization server, with roles in the claim that Keycloak uses. */
@SpringBootApplication
public class IssuerApp {
  public static void main(String[] args) {
    SpringApplication.run(IssuerApp.class, args);
  }

  @Bean
  OAuth2TokenCustomizer<JwtEncodingContext> roles() {
    return token -> token.getClaims().claim("realm_access", Map.of("roles", List.of("operator")));
  }
}
