package headwater;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.IllegalStateTransitionException;
import io.github.resilience4j.core.IntervalFunction;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.TimeUnit;

/** Resilience4j's circuit breaker by lines: a command in, the answer and all that can be seen of the breaker out. */
public final class ResiliencePeer {
  private static final class ManualClock extends Clock {
    private long nowMs;

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return Instant.ofEpochMilli(nowMs);
    }
  }

  private static final ManualClock clock = new ManualClock();

  public static void main(String[] arguments) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    BufferedWriter out = new BufferedWriter(new OutputStreamWriter(System.out));
    CircuitBreaker breaker = null;
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] words = line.split(" ");
      String answer = "-";
      switch (words[0]) {
        case "new" -> breaker = make(words);
        case "advance" -> clock.nowMs += Long.parseLong(words[1]);
        case "acquire" -> answer = String.valueOf(breaker.tryAcquirePermission());
        case "release" -> breaker.releasePermission();
        case "success" -> breaker.onSuccess(Long.parseLong(words[1]), TimeUnit.MILLISECONDS);
        case "error" -> breaker.onError(Long.parseLong(words[1]), TimeUnit.MILLISECONDS, new Exception());
        case "move" -> answer = move(breaker, words[1]);
        default -> throw new IllegalArgumentException(line);
      }
      CircuitBreaker.Metrics metrics = breaker.getMetrics();
      out.write(answer + " " + breaker.getState() + " " + metrics.getNumberOfBufferedCalls() + " "
          + metrics.getNumberOfFailedCalls() + " " + metrics.getNumberOfSlowCalls() + " "
          + metrics.getNumberOfSlowFailedCalls() + " " + metrics.getNumberOfNotPermittedCalls() + " "
          + metrics.getFailureRate() + " " + metrics.getSlowCallRate() + "\n");
      if (!in.ready()) out.flush();
    }
    out.flush();
  }

  private static CircuitBreaker make(String[] words) {
    clock.nowMs = Long.parseLong(words[1]);
    IntervalFunction waits = words[9].equals("none")
        ? IntervalFunction.of(Duration.ofMillis(Long.parseLong(words[8])))
        : IntervalFunction.ofExponentialBackoff(
            Duration.ofMillis(Long.parseLong(words[8])), Double.parseDouble(words[9]),
            Duration.ofMillis(Long.parseLong(words[10])));
    CircuitBreakerConfig config = CircuitBreakerConfig.custom()
        .clock(clock)
        // One by one, as Spring's properties are set: slidingWindow(…) would make the minimum smaller in HALF_OPEN too.
        .slidingWindowType(CircuitBreakerConfig.SlidingWindowType.valueOf(words[2]))
        .slidingWindowSize(Integer.parseInt(words[3]))
        .minimumNumberOfCalls(Integer.parseInt(words[4]))
        // The lock-free windows take the machine's clock, whatever clock is given.
        .slidingWindowSynchronizationStrategy(
            CircuitBreakerConfig.SlidingWindowSynchronizationStrategy.SYNCHRONIZED)
        .failureRateThreshold(Float.parseFloat(words[5]))
        .slowCallRateThreshold(Float.parseFloat(words[6]))
        .slowCallDurationThreshold(Duration.ofMillis(100))
        .permittedNumberOfCallsInHalfOpenState(Integer.parseInt(words[7]))
        .waitIntervalFunctionInOpenState(waits)
        .build();
    return CircuitBreaker.of("peer", config);
  }

  private static String move(CircuitBreaker breaker, String state) {
    try {
      switch (CircuitBreaker.State.valueOf(state)) {
        case CLOSED -> breaker.transitionToClosedState();
        case OPEN -> breaker.transitionToOpenState();
        case HALF_OPEN -> breaker.transitionToHalfOpenState();
        case DISABLED -> breaker.transitionToDisabledState();
        case FORCED_OPEN -> breaker.transitionToForcedOpenState();
        case METRICS_ONLY -> breaker.transitionToMetricsOnlyState();
      }
      return "-";
    } catch (IllegalStateTransitionException refused) {
      return "refused";
    }
  }
}
