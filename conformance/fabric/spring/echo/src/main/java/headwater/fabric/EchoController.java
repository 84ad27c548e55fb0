package headwater.fabric;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.cloud.context.config.annotation.RefreshScope;
import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseEntity;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Says who answered, and behaves as badly as it is told to. */
@RestController
@RefreshScope
public class EchoController {
  // Of the class: a refresh makes the bean anew.
  private static final Map<String, AtomicInteger> attempts = new ConcurrentHashMap<>();

  @Value("${eureka.instance.instance-id}")
  private String instance;

  @Value("${fabric.message:none}")
  private String message;

  @GetMapping("/echo")
  Map<String, Object> echo(@RequestParam(defaultValue = "") String text, @RequestHeader HttpHeaders headers) {
    return Map.of("instance", instance, "text", text, "message", message,
        "traceparent", String.valueOf(headers.getFirst("traceparent")),
        "authorization", headers.containsHeader("authorization"),
        "added", String.valueOf(headers.getFirst("x-fabric")));
  }

  @GetMapping({"/user", "/operator", "/admin"})
  Map<String, Object> user(Authentication user) {
    List<String> roles = user.getAuthorities().stream().map(GrantedAuthority::getAuthority)
        .filter(role -> role.startsWith("ROLE_")).sorted().toList();
    return Map.of("instance", instance, "name", user.getName(), "roles", roles);
  }

  /** 503 for the first `failures` attempts that this instance sees of a key, then 200 with their number. */
  @RequestMapping("/flaky/{key}")
  ResponseEntity<Map<String, Object>> flaky(@PathVariable String key, @RequestParam int failures) {
    int attempt = attempts.computeIfAbsent(key, any -> new AtomicInteger()).incrementAndGet();
    return ResponseEntity.status(attempt <= failures ? 503 : 200).body(Map.of("instance", instance, "attempt", attempt));
  }

  /** How many attempts this instance has seen of a key. */
  @GetMapping("/attempts/{key}")
  int attempts(@PathVariable String key) {
    AtomicInteger seen = attempts.get(key);
    return seen == null ? 0 : seen.get();
  }

  @GetMapping("/status/{code}")
  ResponseEntity<Map<String, Object>> status(@PathVariable int code) {
    return ResponseEntity.status(code).body(Map.of("instance", instance, "status", code));
  }

  @RequestMapping("/instead")
  Map<String, Object> instead() {
    return Map.of("instance", instance, "fallback", true);
  }
}
