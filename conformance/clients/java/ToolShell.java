package headwater;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.utils.Exit;

/**
 * Runs the mains of Kafka's tools one after the other in one process: most of what a tool takes is the start of its JVM. Reads
 * lines {"class", "args", "input"}, answers each with {"code", "stdout", "stderr"}.
 */
public class ToolShell {
  /** Where a tool's prints go, whenever it took hold of the stream. */
  static class Switch extends OutputStream {
    volatile ByteArrayOutputStream target = new ByteArrayOutputStream();

    @Override
    public void write(int b) {
      target.write(b);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      target.write(bytes, offset, length);
    }
  }

  static class Exited extends RuntimeException {}

  public static void main(String[] arguments) throws Exception {
    PrintStream answers = System.out;
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    Switch out = new Switch();
    Switch err = new Switch();
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    ObjectMapper mapper = new ObjectMapper();
    AtomicInteger code = new AtomicInteger();
    Exit.Procedure exit =
        (status, message) -> {
          // The first one counts: some tools catch what leaves them and end again.
          code.compareAndSet(-1, status);
          throw new Exited();
        };
    Exit.setExitProcedure(exit);
    Exit.setHaltProcedure(exit);
    List<Runnable> hooks = new ArrayList<>();
    Exit.setShutdownHookAdder((name, hook) -> hooks.add(hook));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      JsonNode command = mapper.readTree(line);
      String[] args = mapper.convertValue(command.get("args"), String[].class);
      System.setIn(new ByteArrayInputStream(command.path("input").asText("").getBytes(StandardCharsets.UTF_8)));
      out.target = new ByteArrayOutputStream();
      err.target = new ByteArrayOutputStream();
      code.set(-1);
      try {
        Class.forName(command.get("class").asText()).getMethod("main", String[].class).invoke(null, (Object) args);
        code.compareAndSet(-1, 0);
      } catch (InvocationTargetException failure) {
        if (!(failure.getCause() instanceof Exited)) {
          failure.getCause().printStackTrace();
          code.compareAndSet(-1, 1);
        }
      }
      // Where a process would end: the console producer sends what it has yet only then.
      for (Runnable hook : hooks) hook.run();
      hooks.clear();
      ObjectNode answer = mapper.createObjectNode();
      answer.put("code", code.get());
      answer.put("stdout", out.target.toString(StandardCharsets.UTF_8));
      answer.put("stderr", err.target.toString(StandardCharsets.UTF_8));
      answers.println(mapper.writeValueAsString(answer));
    }
    System.setIn(InputStream.nullInputStream());
    Runtime.getRuntime().halt(0);
  }
}
