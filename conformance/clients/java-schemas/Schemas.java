package headwater;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.apicurio.registry.resolver.ParsedSchema;
import io.apicurio.registry.resolver.ParsedSchemaImpl;
import io.apicurio.registry.resolver.config.SchemaResolverConfig;
import io.apicurio.registry.serde.Default4ByteIdHandler;
import io.apicurio.registry.serde.avro.AvroKafkaDeserializer;
import io.apicurio.registry.serde.avro.AvroKafkaSerializer;
import io.apicurio.registry.serde.avro.AvroSerdeConfig;
import io.apicurio.registry.serde.avro.DefaultAvroDatumProvider;
import io.apicurio.registry.serde.config.SerdeConfig;
import io.apicurio.registry.serde.jsonschema.JsonSchemaKafkaDeserializer;
import io.apicurio.registry.serde.jsonschema.JsonSchemaKafkaSerializer;
import io.apicurio.registry.serde.protobuf.ProtobufDeserializer;
import io.apicurio.registry.serde.protobuf.ProtobufKafkaDeserializer;
import io.apicurio.registry.serde.protobuf.ProtobufKafkaSerializer;
import io.apicurio.registry.serde.protobuf.ProtobufSchemaParser;
import io.apicurio.registry.utils.protobuf.schema.ProtobufSchema;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.DatumReader;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.io.JsonEncoder;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Apicurio's serializers in Confluent's wire format, told what to do: one JSON object a line on stdin, one answer a line on stdout.
 * Called with BOOTSTRAP REGISTRY. Values travel as text: Avro's JSON encoding, proto3 JSON, JSON.
 */
public class Schemas {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static String bootstrap;
  private static ConfluentFacade registry;

  /** Reads as one schema whatever was written. */
  public static class WithReader extends DefaultAvroDatumProvider<Object> {
    static Schema reader;

    @Override
    public DatumReader<Object> createDatumReader(Schema writer) {
      return reader == null ? new GenericDatumReader<>(writer) : new GenericDatumReader<>(writer, reader);
    }
  }

  /** Apicurio's passes over the indexes of a message, so it is told which one to expect. */
  static class OfMessage extends ProtobufKafkaDeserializer<DynamicMessage> {
    OfMessage(String message) {
      super(registry);
      ((ProtobufDeserializer<DynamicMessage>) delegatedDeserializer).setMessageTypeName(message);
    }
  }

  public static void main(String[] args) throws Exception {
    bootstrap = args[0];
    registry = new ConfluentFacade(args[1]);
    PrintStream out = System.out;
    System.setOut(System.err);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line; (line = in.readLine()) != null; ) {
      ObjectNode answer = MAPPER.createObjectNode();
      try {
        JsonNode command = MAPPER.readTree(line);
        ArrayNode values = answer.putArray("values");
        if (command.get("do").asText().equals("produce")) produce(command);
        else consume(command, values);
      } catch (Throwable e) {
        e.printStackTrace();
        answer.put("error", e.toString());
      }
      out.println(answer);
      out.flush();
    }
  }

  private static Map<String, Object> config(JsonNode command) {
    Map<String, Object> config = new HashMap<>();
    config.put("bootstrap.servers", bootstrap);
    config.put("group.id", UUID.randomUUID().toString());
    config.put("auto.offset.reset", "earliest");
    config.put(SchemaResolverConfig.FIND_LATEST_ARTIFACT, true);
    config.put(SchemaResolverConfig.EXPLICIT_ARTIFACT_ID, command.get("topic").asText() + "-value");
    config.put(SerdeConfig.ID_HANDLER, Default4ByteIdHandler.class.getName());
    config.put(SerdeConfig.SEND_INDEXES, true);
    config.put(SerdeConfig.READ_INDEXES, true);
    config.put(SerdeConfig.SEND_TYPE_REF, false);
    config.put(SerdeConfig.READ_TYPE_REF, false);
    config.put(AvroSerdeConfig.AVRO_DATUM_PROVIDER, WithReader.class.getName());
    return config;
  }

  private static Schema avroSchema(JsonNode given) {
    Schema.Parser parser = new Schema.Parser();
    for (JsonNode reference : given.path("references")) {
      parser.parse(
          registry.getSchemaByGAV(null, reference.get("subject").asText(), reference.get("version").asText()));
    }
    return parser.parse(given.get("schema").asText());
  }

  private static Descriptor descriptor(JsonNode given) {
    ProtobufSchemaParser<Message> parser = new ProtobufSchemaParser<>();
    Map<String, ParsedSchema<ProtobufSchema>> references = new HashMap<>();
    for (JsonNode reference : given.path("references")) {
      byte[] text = given.get("files").get(reference.get("name").asText()).asText().getBytes(StandardCharsets.UTF_8);
      references.put(
          reference.get("name").asText(),
          new ParsedSchemaImpl<ProtobufSchema>()
              .setParsedSchema(parser.parseSchema(text, Map.of()))
              .setReferenceName(reference.get("name").asText())
              .setRawSchema(text));
    }
    byte[] text = given.get("files").get(given.get("main").asText()).asText().getBytes(StandardCharsets.UTF_8);
    String name = given.get("message").asText();
    String[] parts = name.substring(name.indexOf('.') + 1).split("\\.");
    Descriptor found = parser.parseSchema(text, references).getFileDescriptor().findMessageTypeByName(parts[0]);
    for (int i = 1; i < parts.length; i++) found = found.findNestedTypeByName(parts[i]);
    return found;
  }

  private static Object value(String text, JsonNode command, Object kind) throws Exception {
    switch (command.get("format").asText()) {
      case "avro":
        Schema schema = (Schema) kind;
        return new GenericDatumReader<>(schema).read(null, DecoderFactory.get().jsonDecoder(schema, text));
      case "json":
        return MAPPER.readTree(text);
      default:
        DynamicMessage.Builder builder = DynamicMessage.newBuilder((Descriptor) kind);
        JsonFormat.parser().merge(text, builder);
        return builder.build();
    }
  }

  @SuppressWarnings({"unchecked", "rawtypes"})
  private static void produce(JsonNode command) throws Exception {
    JsonNode given = command.get("schema");
    Map<String, Object> config = config(command);
    Serializer serializer;
    Object kind = null;
    switch (command.get("format").asText()) {
      case "avro":
        serializer = new AvroKafkaSerializer<>(registry);
        kind = avroSchema(given);
        break;
      case "json":
        serializer = new JsonSchemaKafkaSerializer<>(registry);
        break;
      default:
        serializer = new ProtobufKafkaSerializer<>(registry);
        kind = descriptor(given);
        // It compares the text with one that it makes of the message, in which a map is no map any more.
        config.put(SerdeConfig.VALIDATION_ENABLED, false);
    }
    serializer.configure(config, false);
    try (KafkaProducer<String, Object> producer = new KafkaProducer<>(config, new StringSerializer(), serializer)) {
      for (JsonNode text : command.get("values")) {
        Object value = text.isNull() ? null : value(text.asText(), command, kind);
        producer.send(new ProducerRecord<>(command.get("topic").asText(), "k", value)).get();
      }
    }
  }

  private static String text(Object value, String format) throws Exception {
    if (format.equals("json")) return MAPPER.writeValueAsString(value);
    if (format.equals("protobuf")) return JsonFormat.printer().omittingInsignificantWhitespace().print((Message) value);
    Schema schema = WithReader.reader;
    if (schema == null) schema = ((org.apache.avro.generic.GenericContainer) value).getSchema();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    JsonEncoder encoder = EncoderFactory.get().jsonEncoder(schema, bytes);
    new GenericDatumWriter<>(schema).write(value, encoder);
    encoder.flush();
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @SuppressWarnings({"unchecked", "rawtypes"})
  private static void consume(JsonNode command, ArrayNode values) throws Exception {
    String format = command.get("format").asText();
    Map<String, Object> config = config(command);
    WithReader.reader = null;
    Deserializer deserializer;
    switch (format) {
      case "avro":
        deserializer = new AvroKafkaDeserializer<>(registry);
        if (command.has("schema")) WithReader.reader = avroSchema(command.get("schema"));
        break;
      case "json":
        deserializer = new JsonSchemaKafkaDeserializer<>(registry);
        config.put(SerdeConfig.DESERIALIZER_SPECIFIC_VALUE_RETURN_CLASS, JsonNode.class);
        break;
      default:
        String message = command.get("schema").get("message").asText();
        deserializer = new OfMessage(message.substring(message.indexOf('.') + 1));
        config.put(SerdeConfig.DESERIALIZER_SPECIFIC_VALUE_RETURN_CLASS, DynamicMessage.class);
    }
    deserializer.configure(config, false);
    int count = command.get("count").asInt();
    long until = System.currentTimeMillis() + 60_000;
    try (KafkaConsumer<String, Object> consumer = new KafkaConsumer<>(config, new StringDeserializer(), deserializer)) {
      consumer.subscribe(List.of(command.get("topic").asText()));
      while (values.size() < count && System.currentTimeMillis() < until) {
        for (ConsumerRecord<String, Object> record : consumer.poll(Duration.ofMillis(200))) {
          if (record.value() == null) values.addNull();
          else values.add(text(record.value(), format));
        }
      }
    }
    if (values.size() < count) throw new IllegalStateException(values.size() + " of " + count + " records came");
  }
}
