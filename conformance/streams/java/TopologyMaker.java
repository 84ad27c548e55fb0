package headwater;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.*;
import org.apache.kafka.streams.state.*;

/** Makes a topology of a description (see ../description.ts). Values are text, counts are numbers; keys are text or windows of it. */
@SuppressWarnings({"unchecked", "rawtypes"})
final class TopologyMaker {
  /** A stream, a table or something on the way to one, with how it is written. */
  private record Made(Object it, Serde key, Serde value) {
    KStream<Object, Object> stream() {
      return (KStream<Object, Object>) it;
    }

    KTable<Object, Object> table() {
      return (KTable<Object, Object>) it;
    }
  }

  private static final Serde text = Serdes.String();
  private final StreamsBuilder builder = new StreamsBuilder();
  private final Map<String, Made> made = new HashMap<>();

  static Topology make(JsonNode steps, Properties config) {
    TopologyMaker maker = new TopologyMaker();
    for (JsonNode step : steps) maker.add(step);
    return maker.builder.build(config);
  }

  private void add(JsonNode step) {
    Made result = apply(step);
    if (result != null) made.put(step.get("id").asText(), result);
  }

  private static String text(JsonNode step, String field) {
    return step.hasNonNull(field) ? step.get(field).asText() : null;
  }

  private static Duration ms(JsonNode step, String field) {
    return Duration.ofMillis(step.hasNonNull(field) ? step.get(field).asLong() : 0);
  }

  private static Named named(JsonNode step) {
    String name = text(step, "name");
    return name == null ? null : Named.as(name);
  }

  /** The store of a step; null serdes and names are Kafka Streams' own. */
  private static Materialized materialized(JsonNode step, Serde key, Serde value) {
    String store = text(step, "store");
    Materialized all = store == null ? Materialized.with(key, value) : Materialized.as(store).withKeySerde(key).withValueSerde(value);
    if (step.hasNonNull("retentionMs")) all = all.withRetention(ms(step, "retentionMs"));
    return all;
  }

  private Made from(JsonNode step) {
    return made.get(step.get("from").asText());
  }

  private Made with(JsonNode step) {
    return made.get(step.get("with").asText());
  }

  private Made apply(JsonNode step) {
    String op = step.get("op").asText();
    String fn = text(step, "fn");
    Named name = named(step);
    switch (op) {
      case "stream": {
        Consumed consumed = Consumed.with(text, text);
        if ("value".equals(text(step, "time"))) consumed = consumed.withTimestampExtractor((record, time) -> timeOf(record.value(), record.timestamp()));
        if (name != null) consumed = consumed.withName(text(step, "name"));
        return new Made(builder.stream(step.get("topic").asText(), consumed), text, text);
      }
      case "table": {
        Consumed consumed = Consumed.with(text, text);
        String store = text(step, "store");
        String topic = step.get("topic").asText();
        return new Made(store == null ? builder.table(topic, consumed) : builder.table(topic, consumed, Materialized.as(store)), text, text);
      }
      case "globalTable":
        return new Made(builder.globalTable(step.get("topic").asText(), Consumed.with(text, text)), text, text);
      case "to":
        from(step).stream().to(step.get("topic").asText(), Produced.with(from(step).key, from(step).value));
        return null;
      default:
        break;
    }
    Made before = from(step);
    if (before.it instanceof KStream) return ofStream(op, fn, step, before, name);
    if (before.it instanceof KTable) return ofTable(op, fn, step, before, name);
    if (before.it instanceof KGroupedTable) return ofGroupedTable(op, fn, step, before);
    if (before.it instanceof CogroupedKStream || before.it instanceof TimeWindowedCogroupedKStream || before.it instanceof SessionWindowedCogroupedKStream) return ofCogrouped(op, fn, step, before);
    return ofGroups(op, fn, step, before);
  }

  private static long timeOf(Object value, long recordTime) {
    try {
      return value == null ? recordTime : Long.parseLong(value.toString());
    } catch (NumberFormatException e) {
      return recordTime;
    }
  }

  private Made ofStream(String op, String fn, JsonNode step, Made before, Named name) {
    KStream<Object, Object> stream = before.stream();
    switch (op) {
      case "filter": {
        Predicate is = (key, value) -> Functions.is(fn, key, value);
        return new Made(name == null ? stream.filter(is) : stream.filter(is, name), before.key, before.value);
      }
      case "filterNot":
        return new Made(stream.filterNot((key, value) -> Functions.is(fn, key, value)), before.key, before.value);
      case "mapValues": {
        ValueMapperWithKey map = (key, value) -> Functions.value(fn, key, value);
        return new Made(name == null ? stream.mapValues(map) : stream.mapValues(map, name), before.key, text);
      }
      case "map": {
        String keyFn = step.get("key").asText();
        KeyValueMapper map = (key, value) -> KeyValue.pair(Functions.value(keyFn, key, value), Functions.value(fn, key, value));
        return new Made(stream.map(map), text, text);
      }
      case "selectKey":
        return new Made(stream.selectKey((key, value) -> Functions.value(fn, key, value)), text, before.value);
      case "flatMapValues":
        return new Made(stream.flatMapValues((ValueMapperWithKey) (key, value) -> Functions.values(fn, key, value)), before.key, text);
      case "flatMap":
        return new Made(stream.flatMap((KeyValueMapper) (key, value) -> Functions.records(fn, key, value)), text, text);
      case "peek":
        return new Made(stream.peek((key, value) -> {}), before.key, before.value);
      case "merge":
        return new Made(name == null ? stream.merge(with(step).stream()) : stream.merge(with(step).stream(), name), before.key, before.value);
      case "branch": {
        BranchedKStream<Object, Object> split = name == null ? stream.split() : stream.split(name);
        String id = step.get("id").asText();
        List<String> keys = new ArrayList<>();
        for (JsonNode predicate : step.get("fns")) {
          String is = predicate.asText();
          split = split.branch((key, value) -> Functions.is(is, key, value), Branched.withConsumer(each -> made.put(id + "." + keys.size(), added(keys, each, before))));
        }
        split.noDefaultBranch();
        return null;
      }
      case "repartition": {
        Repartitioned how = Repartitioned.with(before.key, before.value);
        if (name != null) how = how.withName(text(step, "name"));
        if (step.hasNonNull("partitions")) how = how.withNumberOfPartitions(step.get("partitions").asInt());
        return new Made(stream.repartition(how), before.key, before.value);
      }
      case "toTable":
        return new Made(stream.toTable(materialized(step, before.key, before.value)), before.key, before.value);
      case "groupByKey":
        return new Made(stream.groupByKey(grouped(step, before.key, before.value)), before.key, before.value);
      case "groupBy":
        return new Made(stream.groupBy((key, value) -> Functions.value(fn, key, value), grouped(step, text, before.value)), text, before.value);
      case "join", "leftJoin", "outerJoin":
        return joined(op, fn, step, before);
      default:
        throw new IllegalArgumentException(op + " of a stream");
    }
  }

  private static Made added(List<String> keys, Object stream, Made before) {
    keys.add("");
    return new Made(stream, before.key, before.value);
  }

  private static Grouped grouped(JsonNode step, Serde key, Serde value) {
    Grouped all = Grouped.with(key, value);
    return step.hasNonNull("name") ? all.withName(text(step, "name")) : all;
  }

  private Made joined(String op, String fn, JsonNode step, Made before) {
    Object other = with(step).it;
    KStream<Object, Object> stream = before.stream();
    ValueJoiner joiner = (left, right) -> Functions.join(fn, left, right);
    if (other instanceof GlobalKTable global) {
      KeyValueMapper select = (key, value) -> Functions.value(step.get("key").asText(), key, value);
      return new Made(op.equals("join") ? stream.join(global, select, joiner) : stream.leftJoin(global, select, joiner), before.key, text);
    }
    if (other instanceof KTable table) {
      Joined how = Joined.with(before.key, before.value, with(step).value);
      if (step.hasNonNull("name")) how = how.withName(text(step, "name"));
      if (step.hasNonNull("graceMs")) how = how.withGracePeriod(ms(step, "graceMs"));
      return new Made(op.equals("join") ? stream.join(table, joiner, how) : stream.leftJoin(table, joiner, how), before.key, text);
    }
    KStream second = with(step).stream();
    JoinWindows windows = JoinWindows.ofTimeDifferenceAndGrace(ms(step, "withinMs"), ms(step, "graceMs"));
    if (step.hasNonNull("beforeMs")) windows = windows.before(ms(step, "beforeMs"));
    if (step.hasNonNull("afterMs")) windows = windows.after(ms(step, "afterMs"));
    StreamJoined how = StreamJoined.with(before.key, before.value, with(step).value);
    if (step.hasNonNull("name")) how = how.withName(text(step, "name"));
    if (step.hasNonNull("store")) how = how.withStoreName(text(step, "store"));
    KStream result = switch (op) {
      case "join" -> stream.join(second, joiner, windows, how);
      case "leftJoin" -> stream.leftJoin(second, joiner, windows, how);
      default -> stream.outerJoin(second, joiner, windows, how);
    };
    return new Made(result, before.key, text);
  }

  private Made ofTable(String op, String fn, JsonNode step, Made before, Named name) {
    KTable<Object, Object> table = before.table();
    boolean isKept = step.hasNonNull("store");
    switch (op) {
      case "filter", "filterNot": {
        Predicate is = (key, value) -> Functions.is(fn, key, value);
        Materialized store = isKept ? materialized(step, before.key, before.value) : null;
        Object result = op.equals("filter")
            ? (isKept ? table.filter(is, store) : table.filter(is))
            : (isKept ? table.filterNot(is, store) : table.filterNot(is));
        return new Made(result, before.key, before.value);
      }
      case "mapValues": {
        ValueMapperWithKey map = (key, value) -> Functions.value(fn, key, value);
        return new Made(isKept ? table.mapValues(map, materialized(step, before.key, text)) : table.mapValues(map), before.key, text);
      }
      case "toStream":
        return new Made(name == null ? table.toStream() : table.toStream(name), before.key, before.value);
      case "groupBy": {
        String keyFn = step.get("key").asText();
        KeyValueMapper map = (key, value) -> KeyValue.pair(Functions.value(keyFn, key, value), Functions.value(fn, key, value));
        return new Made(table.groupBy(map, grouped(step, text, text)), text, text);
      }
      case "suppress": {
        Suppressed.BufferConfig buffer = Suppressed.BufferConfig.unbounded();
        if (step.hasNonNull("recordsMax")) buffer = Suppressed.BufferConfig.maxRecords(step.get("recordsMax").asLong());
        Suppressed suppressed = step.hasNonNull("limitMs")
            ? Suppressed.untilTimeLimit(ms(step, "limitMs"), buffer)
            : Suppressed.untilWindowCloses((Suppressed.StrictBufferConfig) buffer);
        if (step.hasNonNull("name")) suppressed = ((Suppressed) suppressed).withName(text(step, "name"));
        return new Made(table.suppress(suppressed), before.key, before.value);
      }
      case "join", "leftJoin", "outerJoin": {
        KTable other = with(step).table();
        ValueJoiner joiner = (left, right) -> Functions.join(fn, left, right);
        if (step.hasNonNull("foreignKey")) {
          java.util.function.BiFunction key = (k, value) -> Functions.value(text(step, "foreignKey"), k, value);
          Materialized store = materialized(step, before.key, text);
          TableJoined how = name == null ? TableJoined.with(null, null) : TableJoined.as(text(step, "name"));
          return new Made(op.equals("join") ? table.join(other, key, joiner, how, store) : table.leftJoin(other, key, joiner, how, store), before.key, text);
        }
        Materialized store = isKept ? materialized(step, before.key, text) : null;
        Object result = switch (op) {
          case "join" -> isKept ? table.join(other, joiner, store) : table.join(other, joiner);
          case "leftJoin" -> isKept ? table.leftJoin(other, joiner, store) : table.leftJoin(other, joiner);
          default -> isKept ? table.outerJoin(other, joiner, store) : table.outerJoin(other, joiner);
        };
        return new Made(result, before.key, text);
      }
      default:
        throw new IllegalArgumentException(op + " of a table");
    }
  }

  private Made ofGroupedTable(String op, String fn, JsonNode step, Made before) {
    KGroupedTable groups = (KGroupedTable) before.it;
    return switch (op) {
      case "count" -> new Made(step.hasNonNull("store") ? groups.count(materialized(step, before.key, Serdes.Long())) : groups.count(), before.key, Serdes.Long());
      case "reduce" -> new Made(
          groups.reduce((a, b) -> Functions.reduce(fn, (String) a, (String) b), (a, b) -> Functions.reduce("minus", (String) a, (String) b), materialized(step, before.key, text)),
          before.key, text);
      case "aggregate" -> new Made(
          groups.aggregate(() -> Functions.initial(fn), (key, value, a) -> Functions.add(fn, key, value, (String) a), (key, value, a) -> Functions.subtract(fn, key, value, (String) a), materialized(step, before.key, text)),
          before.key, text);
      default -> throw new IllegalArgumentException(op + " of a grouped table");
    };
  }

  private static Object emitted(JsonNode step, Object windowed) {
    if (!step.hasNonNull("emit")) return windowed;
    EmitStrategy strategy = EmitStrategy.onWindowClose();
    return windowed instanceof TimeWindowedKStream time ? time.emitStrategy(strategy) : ((SessionWindowedKStream) windowed).emitStrategy(strategy);
  }

  private Made ofGroups(String op, String fn, JsonNode step, Made before) {
    Object groups = before.it;
    Initializer initial = () -> Functions.initial(fn);
    Aggregator add = (key, value, aggregate) -> Functions.add(fn, key, value, (String) aggregate);
    Reducer reduce = (a, b) -> Functions.reduce(fn, (String) a, (String) b);
    Merger merge = (key, a, b) -> Functions.merge(fn, (String) a, (String) b);
    boolean isCount = op.equals("count");
    // To say nothing of the store gives other names than to say only its serdes.
    boolean isKept = step.hasNonNull("store") || step.hasNonNull("retentionMs");
    Serde value = isCount ? Serdes.Long() : text;
    if (groups instanceof KGroupedStream grouped) {
      if (op.equals("cogroup")) return new Made(grouped.cogroup(add), before.key, text);
      switch (op) {
        case "tumbling":
          return new Made(emitted(step, grouped.windowedBy(TimeWindows.ofSizeAndGrace(ms(step, "sizeMs"), ms(step, "graceMs")))), WindowedSerdes.timeWindowedSerdeFrom(String.class, step.get("sizeMs").asLong()), before.value);
        case "hopping":
          return new Made(emitted(step, grouped.windowedBy(TimeWindows.ofSizeAndGrace(ms(step, "sizeMs"), ms(step, "graceMs")).advanceBy(ms(step, "advanceMs")))), WindowedSerdes.timeWindowedSerdeFrom(String.class, step.get("sizeMs").asLong()), before.value);
        case "sliding":
          return new Made(emitted(step, grouped.windowedBy(SlidingWindows.ofTimeDifferenceAndGrace(ms(step, "sizeMs"), ms(step, "graceMs")))), WindowedSerdes.timeWindowedSerdeFrom(String.class, step.get("sizeMs").asLong()), before.value);
        case "session":
          return new Made(emitted(step, grouped.windowedBy(SessionWindows.ofInactivityGapAndGrace(ms(step, "gapMs"), ms(step, "graceMs")))), WindowedSerdes.sessionWindowedSerdeFrom(String.class), before.value);
        default:
          break;
      }
      Materialized store = materialized(step, before.key, value);
      return new Made(isCount ? (isKept ? grouped.count(store) : grouped.count()) : op.equals("reduce") ? grouped.reduce(reduce, store) : grouped.aggregate(initial, add, store), before.key, value);
    }
    // The key of the store is that of the group; of what comes out, the window's.
    Materialized store = materialized(step, text, value);
    if (groups instanceof TimeWindowedKStream windowed) {
      return new Made(isCount ? (isKept ? windowed.count(store) : windowed.count()) : op.equals("reduce") ? windowed.reduce(reduce, store) : windowed.aggregate(initial, add, store), before.key, value);
    }
    SessionWindowedKStream windowed = (SessionWindowedKStream) groups;
    return new Made(isCount ? (isKept ? windowed.count(store) : windowed.count()) : op.equals("reduce") ? windowed.reduce(reduce, store) : windowed.aggregate(initial, add, merge, store), before.key, value);
  }

  private Made ofCogrouped(String op, String fn, JsonNode step, Made before) {
    Initializer initial = () -> Functions.initial(fn);
    if (before.it instanceof CogroupedKStream cogrouped) {
      return switch (op) {
        case "cogroup" -> new Made(cogrouped.cogroup((KGroupedStream) with(step).it, (key, value, aggregate) -> Functions.add(fn, key, value, (String) aggregate)), before.key, text);
        case "tumbling" -> new Made(cogrouped.windowedBy(TimeWindows.ofSizeAndGrace(ms(step, "sizeMs"), ms(step, "graceMs"))), WindowedSerdes.timeWindowedSerdeFrom(String.class, step.get("sizeMs").asLong()), text);
        case "session" -> new Made(cogrouped.windowedBy(SessionWindows.ofInactivityGapAndGrace(ms(step, "gapMs"), ms(step, "graceMs"))), WindowedSerdes.sessionWindowedSerdeFrom(String.class), text);
        case "aggregate" -> new Made(cogrouped.aggregate(initial, materialized(step, before.key, text)), before.key, text);
        default -> throw new IllegalArgumentException(op + " of cogrouped streams");
      };
    }
    if (before.it instanceof TimeWindowedCogroupedKStream windowed) return new Made(windowed.aggregate(initial, materialized(step, text, text)), before.key, text);
    SessionWindowedCogroupedKStream windowed = (SessionWindowedCogroupedKStream) before.it;
    Merger merge = (key, a, b) -> Functions.merge(fn, (String) a, (String) b);
    return new Made(windowed.aggregate(initial, merge, materialized(step, text, text)), before.key, text);
  }
}
