import ch.qos.logback.classic.LoggerContext;
import net.logstash.logback.appender.LogstashTcpSocketAppender;
import net.logstash.logback.encoder.LogstashEncoder;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** Logs as a Spring service does that has Logback's Logstash appender. */
public final class SendLogs {
  public static void main(String[] args) {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();
    LogstashEncoder encoder = new LogstashEncoder();
    encoder.setContext(context);
    encoder.setCustomFields("{\"service\":\"java-logback\"}");
    encoder.start();
    LogstashTcpSocketAppender appender = new LogstashTcpSocketAppender();
    appender.setContext(context);
    appender.addDestination(args[0] + ":" + args[1]);
    appender.setEncoder(encoder);
    appender.start();
    ch.qos.logback.classic.Logger logger = context.getLogger("com.acme.Orders");
    logger.addAppender(appender);
    MDC.put("traceId", "4bf92f3577b34da6a3ce929d0e0e4736");
    MDC.put("user", "ada");
    logger.warn("hello from java-logback");
    logger.error("failed", new IllegalStateException("no", new RuntimeException("cause")));
    context.stop();
  }
}
