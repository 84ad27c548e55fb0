package headwater.fabric;

import java.util.List;
import java.util.Map;
import org.springframework.cloud.client.ServiceInstance;
import org.springframework.cloud.client.discovery.DiscoveryClient;
import org.springframework.cloud.client.loadbalancer.LoadBalanced;
import org.springframework.security.oauth2.client.OAuth2AuthorizeRequest;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientManager;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestClient;

/** Finds services and calls them by name. */
@RestController
public class CallController {
  private final RestClient http;
  private final DiscoveryClient discovery;
  private final OAuth2AuthorizedClientManager tokens;

  CallController(@LoadBalanced RestClient.Builder balanced, DiscoveryClient discovery, OAuth2AuthorizedClientManager tokens) {
    this.http = balanced.build();
    this.discovery = discovery;
    this.tokens = tokens;
  }

  @GetMapping("/call/{service}")
  Map<?, ?> call(@PathVariable String service, @RequestParam String text) {
    return http.get().uri("http://" + service + "/echo?text={text}", text).retrieve().body(Map.class);
  }

  /** The same with a token of this service's own, to where one is needed. */
  @GetMapping("/call-operator")
  Map<?, ?> callOperator() {
    var request = OAuth2AuthorizeRequest.withClientRegistrationId("fabric").principal("front").build();
    String token = tokens.authorize(request).getAccessToken().getTokenValue();
    return http.get().uri("http://echo/operator").headers(headers -> headers.setBearerAuth(token)).retrieve().body(Map.class);
  }

  @GetMapping("/instances/{service}")
  List<String> instances(@PathVariable String service) {
    return discovery.getInstances(service).stream().map(ServiceInstance::getInstanceId).sorted().toList();
  }

  @GetMapping("/private")
  String secret() {
    return "seen";
  }
}
