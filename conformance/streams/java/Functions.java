package headwater;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.Windowed;

/** The functions that a description names; functions.ts has the same ones. All work on text: of a number its digits, of a window key@start/end. */
final class Functions {
  private Functions() {}

  private static final int TAIL = 12;

  static String text(Object value) {
    if (value instanceof Windowed<?> windowed) {
      return windowed.key() + "@" + windowed.window().start() + "/" + windowed.window().end();
    }
    return String.valueOf(value);
  }

  private static int weight(String text) {
    int sum = 0;
    for (int i = 0; i < text.length(); i++) sum += text.charAt(i);
    return sum;
  }

  private static String tail(String text) {
    return text.length() <= TAIL ? text : text.substring(text.length() - TAIL);
  }

  static String value(String function, Object key, Object value) {
    int colon = function.indexOf(':');
    String name = colon < 0 ? function : function.substring(0, colon);
    String argument = colon < 0 ? "" : function.substring(colon + 1);
    String text = text(value);
    return switch (name) {
      case "same" -> value == null ? null : text;
      case "upper" -> value == null ? null : text.toUpperCase();
      case "size" -> String.valueOf(text.length());
      case "key" -> key == null ? null : text(key);
      case "pair" -> text(key) + "=" + text;
      case "null" -> null;
      case "nullIf" -> value == null || text.contains(argument) ? null : text;
      case "first" -> text.isEmpty() ? "-" : text.substring(0, 1);
      case "last" -> text.isEmpty() ? "-" : text.substring(text.length() - 1);
      case "mod" -> String.valueOf(weight(text) % Integer.parseInt(argument));
      case "const" -> argument;
      default -> throw new IllegalArgumentException("value function " + function);
    };
  }

  static boolean is(String predicate, Object key, Object value) {
    int colon = predicate.indexOf(':');
    String name = colon < 0 ? predicate : predicate.substring(0, colon);
    String argument = colon < 0 ? "" : predicate.substring(colon + 1);
    return switch (name) {
      case "has" -> text(value).contains(argument);
      case "longer" -> text(value).length() > Integer.parseInt(argument);
      case "odd" -> weight(text(value)) % 2 == 1;
      case "keyIs" -> text(key).equals(argument);
      case "notNull" -> value != null;
      case "all" -> true;
      case "none" -> false;
      default -> throw new IllegalArgumentException("predicate " + predicate);
    };
  }

  static List<String> values(String function, Object key, Object value) {
    List<String> all = new ArrayList<>();
    switch (function) {
      case "chars" -> {
        for (char each : text(value).toCharArray()) all.add(String.valueOf(each));
      }
      case "twice" -> {
        all.add(text(value));
        all.add(text(key));
      }
      default -> throw new IllegalArgumentException("flat function " + function);
    }
    return all;
  }

  static List<KeyValue<String, String>> records(String function, Object key, Object value) {
    List<KeyValue<String, String>> all = new ArrayList<>();
    switch (function) {
      case "chars" -> {
        for (char each : text(value).toCharArray()) all.add(KeyValue.pair(String.valueOf(each), text(key)));
      }
      case "swap" -> {
        all.add(KeyValue.pair(text(key), text(value)));
        all.add(KeyValue.pair(text(value), text(key)));
      }
      default -> throw new IllegalArgumentException("flat function " + function);
    }
    return all;
  }

  static String initial(String aggregate) {
    return aggregate.equals("sum") ? "0" : "";
  }

  static String add(String aggregate, Object key, Object value, String before) {
    String text = text(value);
    return switch (aggregate) {
      case "concat" -> tail(before + text);
      case "sum" -> String.valueOf(Integer.parseInt(before) + weight(text) % 10);
      case "max" -> text(before).compareTo(text) >= 0 ? before : text;
      case "last" -> text;
      case "drop" -> text.contains("x") ? null : tail((before == null ? "" : before) + text);
      default -> throw new IllegalArgumentException("aggregate " + aggregate);
    };
  }

  static String subtract(String aggregate, Object key, Object value, String before) {
    String text = text(value);
    return switch (aggregate) {
      case "concat", "max", "last" -> tail(before + "-" + text);
      case "sum" -> String.valueOf(Integer.parseInt(before) - weight(text) % 10);
      case "drop" -> text.contains("x") ? null : tail((before == null ? "" : before) + "-" + text);
      default -> throw new IllegalArgumentException("aggregate " + aggregate);
    };
  }

  static String reduce(String function, String beforeOrNull, String valueOrNull) {
    // Windows are given null values too.
    String before = text(beforeOrNull);
    String value = text(valueOrNull);
    return switch (function) {
      case "concat" -> tail(before + value);
      case "minus" -> tail(before + "-" + value);
      case "max" -> before.compareTo(value) >= 0 ? before : value;
      case "last" -> value;
      case "drop" -> value.contains("x") ? null : tail(before + value);
      default -> throw new IllegalArgumentException("reducer " + function);
    };
  }

  static String merge(String aggregate, String oneOrNull, String otherOrNull) {
    String one = text(oneOrNull);
    String other = text(otherOrNull);
    return switch (aggregate) {
      case "sum" -> String.valueOf(Integer.parseInt(one) + Integer.parseInt(other));
      case "max" -> one.compareTo(other) >= 0 ? one : other;
      default -> tail(one + "|" + other);
    };
  }

  static String join(String joiner, Object left, Object right) {
    return switch (joiner) {
      case "plus" -> tail(text(left) + "+" + text(right));
      case "left" -> left == null ? null : text(left);
      case "drop" -> text(right).contains("x") ? null : tail(text(left) + "+" + text(right));
      default -> throw new IllegalArgumentException("joiner " + joiner);
    };
  }
}
