import java.io.*;
import java.nio.ByteBuffer;
import java.nio.file.*;
import java.util.*;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.protocol.*;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.*;

/**
 * Apache Kafka's own codec as the judge of ours. Reads lines from the file given:
 *   message KEY VERSION request|response HEX   is read and written again by Kafka: prints the bytes that it writes
 *   batch HEX                                  is checked and read by Kafka: prints its records
 *   write CODEC                                prints a batch that Kafka writes, some records of each kind in it
 *   errors                                     prints Kafka's error table
 * One line of output for each of input.
 */
public class Check {
  public static void main(String[] args) throws Exception {
    PrintStream out = new PrintStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out)), false, "UTF-8");
    for (String line : Files.readAllLines(Path.of(args[0]))) {
      String answer;
      try {
        answer = answer(line.split(" "));
      } catch (Throwable t) {
        answer = "failed " + t.toString().replace('\n', ' ');
      }
      out.println(answer);
    }
    out.flush();
  }

  static String answer(String[] words) throws Exception {
    switch (words[0]) {
      case "message": return message(Short.parseShort(words[1]), Short.parseShort(words[2]), words[3].equals("request"), words[4]);
      case "batch": return batch(bytes(words[1]));
      case "write": return write(words[1]);
      case "errors": return errors();
      default: throw new IllegalArgumentException(words[0]);
    }
  }

  static byte[] bytes(String hex) { return HexFormat.of().parseHex(hex.equals("-") ? "" : hex); }

  static String message(short key, short version, boolean isRequest, String hex) {
    ApiMessageType type = ApiMessageType.fromApiKey(key);
    ApiMessage message = isRequest ? type.newRequest() : type.newResponse();
    ByteBuffer in = ByteBuffer.wrap(bytes(hex));
    message.read(new ByteBufferAccessor(in), version);
    if (in.hasRemaining()) return "failed " + in.remaining() + " bytes left";
    ObjectSerializationCache cache = new ObjectSerializationCache();
    ByteBuffer back = ByteBuffer.allocate(message.size(cache, version));
    message.write(new ByteBufferAccessor(back), cache, version);
    String written = HexFormat.of().formatHex(back.array());
    return written.isEmpty() ? "-" : written;
  }

  static String batch(byte[] bytes) {
    StringBuilder text = new StringBuilder();
    for (MutableRecordBatch batch : MemoryRecords.readableRecords(ByteBuffer.wrap(bytes)).batches()) {
      batch.ensureValid();
      text.append(batch.compressionType().name).append(' ').append(batch.countOrNull());
      for (org.apache.kafka.common.record.internal.Record record : batch) {
        text.append(' ').append(record.offset()).append(',').append(record.timestamp());
        text.append(',').append(hex(record.key())).append(',').append(hex(record.value()));
        for (Header header : record.headers()) {
          text.append(',').append(header.key()).append('=').append(header.value() == null ? "null" : HexFormat.of().formatHex(header.value()));
        }
      }
    }
    return text.toString();
  }

  static String hex(ByteBuffer buffer) {
    if (buffer == null) return "null";
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  static String write(String codec) {
    ByteBuffer buffer = ByteBuffer.allocate(1024);
    CompressionType type = CompressionType.forName(codec);
    MemoryRecordsBuilder builder = MemoryRecords.builder(buffer, Compression.of(type).build(), TimestampType.CREATE_TIME, 50L);
    builder.append(1700000000000L, "key".getBytes(), "value".getBytes(), new Header[] { new RecordHeader("h", "x".getBytes()), new RecordHeader("n", (byte[]) null) });
    builder.append(1700000000005L, null, "a text ".repeat(30000).getBytes());
    builder.append(1699999999000L, "k".getBytes(), null);
    byte[] noise = new byte[200000];
    new Random(7).nextBytes(noise);
    builder.append(1700000000006L, null, noise);
    ByteBuffer records = builder.build().buffer();
    byte[] bytes = new byte[records.remaining()];
    records.duplicate().get(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  static String errors() {
    StringBuilder text = new StringBuilder();
    for (Errors error : Errors.values()) {
      boolean retriable = error.exception() instanceof org.apache.kafka.common.errors.RetriableException;
      text.append(error.code()).append(' ').append(error.name()).append(' ').append(retriable).append(';');
    }
    return text.toString();
  }
}
