import java.io.StringReader;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.net.URI;
import java.sql.*;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.UUID;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/** PostgreSQL's JDBC driver. Called as: Jdbc URL SCHEMA SCENARIO */
public class Jdbc {
  static String url;
  static String schema;

  static Connection connect(String... settings) throws SQLException {
    URI at = URI.create(url);
    Properties properties = new Properties();
    properties.setProperty("user", at.getUserInfo());
    for (int i = 0; i < settings.length; i += 2) properties.setProperty(settings[i], settings[i + 1]);
    return DriverManager.getConnection("jdbc:postgresql://" + at.getHost() + ":" + at.getPort() + at.getPath(), properties);
  }

  static void check(boolean isTrue, String what) {
    if (!isTrue) throw new AssertionError(what);
  }

  static String stateOf(SqlCall call) {
    try {
      call.run();
      return "none";
    } catch (SQLException failure) {
      return failure.getSQLState();
    }
  }

  interface SqlCall {
    void run() throws SQLException;
  }

  public static void main(String[] args) throws Exception {
    url = args[0];
    schema = args[1];
    try (Connection admin = connect(); Statement statement = admin.createStatement()) {
      statement.execute("CREATE SCHEMA " + schema);
    }
    types();
    batchesAndCursors();
    transactions();
    metadata();
    copyAndNotifications();
    cancel();
    try (Connection admin = connect(); Statement statement = admin.createStatement()) {
      statement.execute("DROP SCHEMA " + schema + " CASCADE");
    }
    System.out.println("# types, batches, cursors, savepoints, metadata, COPY, LISTEN, cancel");
  }

  /** Values by text and, from the fifth time on, in binary. */
  static void types() throws SQLException {
    try (Connection own = connect("currentSchema", schema); Statement statement = own.createStatement()) {
      statement.execute("CREATE TABLE things (id uuid PRIMARY KEY, n bigint, price numeric(12,3), at timestamptz, tags text[], doc jsonb, bytes bytea, ok boolean)");
      UUID id = UUID.randomUUID();
      OffsetDateTime at = OffsetDateTime.of(2026, 2, 3, 4, 5, 6, 789_000_000, ZoneOffset.UTC);
      try (PreparedStatement insert = own.prepareStatement("INSERT INTO things VALUES (?, ?, ?, ?, ?, ?::jsonb, ?, ?)")) {
        insert.setObject(1, id);
        insert.setLong(2, Long.MAX_VALUE);
        insert.setBigDecimal(3, new BigDecimal("12345.678"));
        insert.setObject(4, at);
        insert.setArray(5, own.createArrayOf("text", new String[] {"a", "b,c"}));
        insert.setString(6, "{\"k\": 1}");
        insert.setBytes(7, new byte[] {0, 1, (byte) 255});
        insert.setBoolean(8, true);
        check(insert.executeUpdate() == 1, "one row");
      }
      try (PreparedStatement select = own.prepareStatement("SELECT * FROM things WHERE id = ?")) {
        for (int i = 0; i < 12; i++) {
          select.setObject(1, id);
          try (ResultSet row = select.executeQuery()) {
            check(row.next(), "the row");
            check(row.getLong("n") == Long.MAX_VALUE, "bigint");
            check(row.getBigDecimal("price").equals(new BigDecimal("12345.678")), "numeric");
            check(row.getObject("at", OffsetDateTime.class).isEqual(at), "timestamptz");
            check(((String[]) row.getArray("tags").getArray())[1].equals("b,c"), "array");
            check(row.getString("doc").equals("{\"k\": 1}"), "jsonb");
            check(row.getBytes("bytes")[2] == (byte) 255, "bytea");
            check(row.getObject("id", UUID.class).equals(id), "uuid");
          }
          // Another connection takes the session in between.
          try (Connection other = connect(); Statement look = other.createStatement(); ResultSet row = look.executeQuery("SHOW search_path")) {
            check(row.next() && !row.getString(1).contains(schema), "the other connection's search_path");
          }
        }
      }
    }
  }

  static void batchesAndCursors() throws SQLException {
    try (Connection own = connect("currentSchema", schema, "reWriteBatchedInserts", "true"); Statement statement = own.createStatement()) {
      statement.execute("CREATE TABLE numbers (id bigserial PRIMARY KEY, n int UNIQUE)");
      own.setAutoCommit(false);
      try (PreparedStatement insert = own.prepareStatement("INSERT INTO numbers (n) VALUES (?)")) {
        for (int n = 0; n < 3000; n++) {
          insert.setInt(1, n);
          insert.addBatch();
        }
        check(insert.executeBatch().length == 3000, "a batch");
      }
      try (PreparedStatement insert = own.prepareStatement("INSERT INTO numbers (n) VALUES (9999)", Statement.RETURN_GENERATED_KEYS)) {
        insert.executeUpdate();
        try (ResultSet keys = insert.getGeneratedKeys()) {
          check(keys.next() && keys.getLong(1) == 3001, "the generated key");
        }
      }
      own.commit();
      try (PreparedStatement select = own.prepareStatement("SELECT n FROM numbers ORDER BY n")) {
        select.setFetchSize(97);
        int count = 0;
        try (ResultSet rows = select.executeQuery()) {
          while (rows.next()) count++;
        }
        check(count == 3001, "rows by a cursor: " + count);
      }
      own.commit();
    }
  }

  static void transactions() throws SQLException {
    try (Connection own = connect("currentSchema", schema); Statement statement = own.createStatement()) {
      own.setAutoCommit(false);
      own.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
      statement.execute("DELETE FROM numbers WHERE n < 10");
      Savepoint before = own.setSavepoint("before");
      check(stateOf(() -> statement.execute("INSERT INTO numbers (n) VALUES (11)")).equals("23505"), "unique");
      check(stateOf(() -> statement.execute("SELECT 1")).equals("25P02"), "an aborted transaction");
      own.rollback(before);
      try (ResultSet row = statement.executeQuery("SELECT count(*) FROM numbers")) {
        check(row.next() && row.getInt(1) == 2991, "what was before the savepoint stands");
      }
      own.rollback();
      own.setReadOnly(true);
      check(stateOf(() -> statement.execute("DELETE FROM numbers")).equals("25006"), "read only");
      own.rollback();
    }
  }

  /** What tools such as DBeaver and Flyway ask. */
  static void metadata() throws SQLException {
    try (Connection own = connect(); Statement statement = own.createStatement()) {
      statement.execute("CREATE TABLE " + schema + ".parts (thing uuid REFERENCES " + schema + ".things, position int, PRIMARY KEY (thing, position))");
      statement.execute("CREATE FUNCTION " + schema + ".twice(n int) RETURNS int LANGUAGE sql AS 'SELECT n * 2'");
      DatabaseMetaData data = own.getMetaData();
      check(data.getDatabaseMajorVersion() >= 14, data.getDatabaseProductVersion());
      List<String> names = new ArrayList<>();
      try (ResultSet tables = data.getTables(null, schema, "%", new String[] {"TABLE"})) {
        while (tables.next()) names.add(tables.getString("TABLE_NAME"));
      }
      check(names.equals(List.of("numbers", "parts", "things")), names.toString());
      check(rowsOf(data.getColumns(null, schema, "things", "%")) == 8, "columns");
      check(rowsOf(data.getPrimaryKeys(null, schema, "parts")) == 2, "primary key");
      check(rowsOf(data.getImportedKeys(null, schema, "parts")) == 1, "foreign key");
      check(rowsOf(data.getExportedKeys(null, schema, "things")) == 1, "foreign key, from there");
      check(rowsOf(data.getIndexInfo(null, schema, "numbers", false, false)) == 2, "indexes");
      check(rowsOf(data.getFunctions(null, schema, "%")) == 1, "functions");
      check(rowsOf(data.getTypeInfo()) > 100 && rowsOf(data.getSchemas()) > 2 && rowsOf(data.getCatalogs()) > 0, "types, schemas, catalogs");
      try (CallableStatement call = own.prepareCall("{? = call " + schema + ".twice(?)}")) {
        call.registerOutParameter(1, Types.INTEGER);
        call.setInt(2, 21);
        call.execute();
        check(call.getInt(1) == 42, "a function");
      }
    }
  }

  static int rowsOf(ResultSet rows) throws SQLException {
    int count = 0;
    while (rows.next()) count++;
    rows.close();
    return count;
  }

  static void copyAndNotifications() throws Exception {
    try (Connection own = connect("currentSchema", schema); Connection other = connect(); Statement statement = own.createStatement()) {
      StringBuilder lines = new StringBuilder();
      for (int n = 0; n < 4000; n++) lines.append(20_000 + n).append('\n');
      PGConnection postgres = own.unwrap(PGConnection.class);
      check(postgres.getCopyAPI().copyIn("COPY numbers (n) FROM STDIN", new StringReader(lines.toString())) == 4000, "COPY in");
      StringWriter out = new StringWriter();
      check(postgres.getCopyAPI().copyOut("COPY (SELECT n FROM numbers WHERE n >= 20000) TO STDOUT", out) == 4000, "COPY out");
      statement.execute("LISTEN " + schema);
      try (Statement tell = other.createStatement()) {
        tell.execute("NOTIFY " + schema + ", 'rain'");
      }
      PGNotification[] heard = postgres.getNotifications(10_000);
      check(heard != null && heard.length == 1 && heard[0].getParameter().equals("rain"), "a notification");
    }
  }

  static void cancel() throws SQLException {
    try (Connection own = connect(); Statement statement = own.createStatement()) {
      statement.setQueryTimeout(1);
      check(stateOf(() -> statement.execute("SELECT count(*) FROM generate_series(1, 1000000000)")).equals("57014"), "a cancelled query");
    }
    try (Connection own = connect(); Statement statement = own.createStatement(); ResultSet row = statement.executeQuery("SELECT 1")) {
      check(row.next(), "and the next");
    }
  }
}
