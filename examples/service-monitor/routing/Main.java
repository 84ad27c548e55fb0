import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** A service in Java: one file and the JDK, run by `java Main.java`. It registers itself by Eureka's REST API. */
public class Main {
  static final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(5)).build();
  static final String port = env("PORT", "8194");
  static final String instance = env("INSTANCE", "routing");
  static final String monitor = env("MONITOR_URL", "http://127.0.0.1:9093");
  static final String eureka = System.getenv("EUREKA_URL");
  static volatile boolean isUp = true;

  public static void main(String[] args) throws Exception {
    HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), Integer.parseInt(port)), 0);
    server.createContext("/health", exchange -> {
      byte[] body = ("{\"status\":\"" + (isUp ? "UP" : "DOWN") + "\"}").getBytes();
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(isUp ? 200 : 503, body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    });
    server.start();
    background(Main::watchParent);
    if (eureka != null) {
      background(Main::stayRegistered);
      Runtime.getRuntime().addShutdownHook(new Thread(() -> send("DELETE", eureka + "/apps/ROUTING/" + instance, "")));
    }
    for (String step : env("STEPS", "rest").split(" ")) {
      String word = step.split(":")[0];
      String value = step.contains(":") ? step.split(":")[1] : "";
      switch (word) {
        case "trigger" -> untilTaken("/triggers", "{\"service\":\"routing\",\"instance\":\"" + instance + "\",\"trigger\":\"" + value + "\"}");
        case "notify" -> untilTaken("/notify", "{\"service\":\"routing\",\"severity\":\"" + value + "\",\"title\":\"Routing is about to end\"}");
        case "log" -> System.out.println("{\"level\":\"" + value + "\",\"service\":\"routing\",\"message\":\"a route by script\"}");
        case "wait" -> Thread.sleep(Long.parseLong(value));
        case "down", "up" -> isUp = word.equals("up");
        // No shutdown hook: a crash tells nobody.
        case "exit" -> Runtime.getRuntime().halt(Integer.parseInt(value));
        case "kill" -> new ProcessBuilder("kill", "-9", "" + ProcessHandle.current().pid()).start().waitFor();
        default -> Thread.currentThread().join();
      }
    }
  }

  static boolean send(String method, String url, String body) {
    try {
      HttpRequest request = HttpRequest.newBuilder(URI.create(url)).method(method, HttpRequest.BodyPublishers.ofString(body))
        .header("Content-Type", "application/json").timeout(Duration.ofSeconds(60)).build();
      return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() < 300;
    } catch (Exception e) {
      return false;
    }
  }

  static void untilTaken(String path, String body) throws InterruptedException {
    while (!send("POST", monitor + path, body)) Thread.sleep(200);
  }

  static void stayRegistered() throws InterruptedException {
    String path = eureka + "/apps/ROUTING";
    String self = "{\"instance\":{\"instanceId\":\"" + instance + "\",\"app\":\"ROUTING\",\"vipAddress\":\"routing\",\"hostName\":\"127.0.0.1\","
      + "\"ipAddr\":\"127.0.0.1\",\"status\":\"UP\",\"port\":{\"$\":" + port + ",\"@enabled\":\"true\"},"
      + "\"healthCheckUrl\":\"http://127.0.0.1:" + port + "/health\",\"dataCenterInfo\":{\"@class\":"
      + "\"com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo\",\"name\":\"MyOwn\"},"
      + "\"leaseInfo\":{\"renewalIntervalInSecs\":5,\"durationInSecs\":15},\"metadata\":{\"pid\":\"" + ProcessHandle.current().pid() + "\"}}}";
    for (boolean isKnown = false; ; Thread.sleep(isKnown ? 5_000 : 500))
      isKnown = isKnown ? send("PUT", path + "/" + instance, "") : send("POST", path, self);
  }

  /** A parent that was killed takes its services with it. */
  static void watchParent() throws InterruptedException {
    long parent = ProcessHandle.current().parent().map(ProcessHandle::pid).orElse(-1L);
    while (ProcessHandle.current().parent().map(ProcessHandle::pid).orElse(-1L) == parent) Thread.sleep(500);
    Runtime.getRuntime().halt(1);
  }

  interface Work { void run() throws InterruptedException; }

  static void background(Work work) {
    Thread thread = new Thread(() -> {
      try {
        work.run();
      } catch (InterruptedException e) {
        // It ends with the process.
      }
    });
    thread.setDaemon(true);
    thread.start();
  }

  static String env(String name, String otherwise) {
    String value = System.getenv(name);
    return value == null ? otherwise : value;
  }
}
