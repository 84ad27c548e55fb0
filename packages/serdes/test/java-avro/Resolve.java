import java.io.ByteArrayOutputStream;
import java.nio.file.*;
import java.util.*;
import org.apache.avro.Schema;
import org.apache.avro.generic.*;
import org.apache.avro.io.*;

/** Lines of writer, reader and bytes in, tabs between them; the value in the reader's bytes, or the error, out. */
public class Resolve {
  public static void main(String[] args) throws Exception {
    StringBuilder answers = new StringBuilder();
    for (String line : Files.readAllLines(Path.of(args[0]))) {
      String[] parts = line.split("\t", -1);
      try {
        Schema writer = new Schema.Parser().parse(parts[0]);
        Schema reader = new Schema.Parser().parse(parts[1]);
        byte[] bytes = HexFormat.of().parseHex(parts[2]);
        BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(bytes, null);
        Object value = new GenericDatumReader<Object>(writer, reader).read(null, decoder);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
        new GenericDatumWriter<Object>(reader).write(value, encoder);
        encoder.flush();
        answers.append("ok ").append(HexFormat.of().formatHex(out.toByteArray())).append(decoder.isEnd() ? "" : " more");
      } catch (Throwable error) {
        answers.append("error ").append(String.valueOf(error).replaceAll("\\s+", " "));
      }
      answers.append('\n');
    }
    System.out.print(answers);
  }
}
