package headwater.fabric;

import java.time.Clock;
import java.time.Duration;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.restclient.autoconfigure.RestClientBuilderConfigurer;
import org.springframework.cloud.client.loadbalancer.LoadBalanced;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Primary;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configurers.AbstractHttpConfigurer;
import org.springframework.security.oauth2.client.AuthorizedClientServiceOAuth2AuthorizedClientManager;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientManager;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientProviderBuilder;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientService;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.core.DelegatingOAuth2TokenValidator;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtIssuerValidator;
import org.springframework.security.oauth2.jwt.JwtTimestampValidator;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.security.oauth2.jwt.SupplierJwtDecoder;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.client.RestClient;

/** A service that calls: load-balanced, with tokens of its own; its records are JSON on Kafka, its words are counted by Streams. */
@SpringBootApplication
public class FrontApp {
  public static void main(String[] args) {
    SpringApplication.run(FrontApp.class, args);
  }

  /** What libraries take when they ask for a builder: the one that balances is not for them. */
  @Bean
  @Primary
  RestClient.Builder plain(RestClientBuilderConfigurer configurer) {
    return configurer.configure(RestClient.builder());
  }

  @Bean
  @LoadBalanced
  RestClient.Builder balanced(RestClientBuilderConfigurer configurer) {
    return configurer.configure(RestClient.builder());
  }

  @Bean
  OAuth2AuthorizedClientManager tokens(ClientRegistrationRepository registrations, OAuth2AuthorizedClientService clients) {
    var manager = new AuthorizedClientServiceOAuth2AuthorizedClientManager(registrations, clients);
    manager.setAuthorizedClientProvider(OAuth2AuthorizedClientProviderBuilder.builder().clientCredentials().build());
    return manager;
  }

  /** Its clock is two hours ahead: any token of the issuer, good elsewhere, has expired here. */
  @Bean
  JwtDecoder decoder(@Value("${spring.security.oauth2.resourceserver.jwt.issuer-uri}") String issuer) {
    var times = new JwtTimestampValidator(Duration.ofSeconds(60));
    times.setClock(Clock.offset(Clock.systemUTC(), Duration.ofHours(2)));
    return new SupplierJwtDecoder(() -> {
      NimbusJwtDecoder decoder = NimbusJwtDecoder.withIssuerLocation(issuer).build();
      decoder.setJwtValidator(new DelegatingOAuth2TokenValidator<>(times, new JwtIssuerValidator(issuer)));
      return decoder;
    });
  }

  @Bean
  SecurityFilterChain rules(HttpSecurity http) throws Exception {
    return http.csrf(AbstractHttpConfigurer::disable)
        .authorizeHttpRequests(rules -> rules.requestMatchers("/private").authenticated().anyRequest().permitAll())
        .oauth2ResourceServer(server -> server.jwt(Customizer.withDefaults()))
        .build();
  }
}
