-- What every service tells of itself, as streams and views. The monitor gives these statements to streaming SQL at its start: change what you like in a
-- copy, name it as monitor.views in headwater.yaml, and start again. A view whose statement has changed is made again from what the log still has
-- (seven days); one that is gone from the file is left alone. How each statement can be changed: docs/reference/monitor-views.md.
--
-- Look into them with `npm run headwater -- sql`:
--   SELECT service, triggers, FROM_UNIXTIME(windowstart) AS day FROM trigger_per_day;
--
-- Rules of the house: a stream's key is its topic's key, nearly always the service. Times are those of the records, in UTC. Every event topic is kept for
-- seven days; RETENTION says how long a view's own rows are.

-- Each event counts once, also after a kill -9.
SET 'processing.guarantee' = 'exactly_once_v2';

-- ---------------------------------------------------------------------------------------------------------------------------------------------------
-- Streams: the event topics. A topic that is missing is made with these PARTITIONS; one that is there stays as it is. A column that an event does not have is NULL.
-- ---------------------------------------------------------------------------------------------------------------------------------------------------

-- Status of each instance: at every change, and once a minute as a heartbeat.
CREATE STREAM IF NOT EXISTS SERVICE_STATUS (
  SERVICE STRING KEY, TIMESTAMPMS BIGINT, INSTANCE STRING, STATUS STRING, PREVIOUS STRING, REASON STRING,
  ISFLAPPING BOOLEAN, ISHEARTBEAT BOOLEAN, CHECKMS DOUBLE
) WITH (KAFKA_TOPIC='headwater-service-status', VALUE_FORMAT='JSON', PARTITIONS=1, RETENTION_MS=604800000);

-- What a service counts of its own: by a call of the SDK, a log line, or an HTTP request. Names are written as they stand here: SQL writes to it too.
CREATE STREAM IF NOT EXISTS SERVICE_TRIGGERS (
  SERVICE STRING KEY, `service` STRING, timestampMs BIGINT, instance STRING, trigger STRING, count BIGINT, via STRING, attributes MAP<STRING, STRING>
) WITH (KAFKA_TOPIC='headwater-service-triggers', VALUE_FORMAT='JSON', JSON_KEEP_CASE=true, JSON_OMIT_NULLS=true, PARTITIONS=1, RETENTION_MS=604800000);

-- Crashes, by how they were found: the process ended (exit), went silent (heartbeat), or is another one than before (restart).
CREATE STREAM IF NOT EXISTS SERVICE_CRASHES (
  SERVICE STRING KEY, TIMESTAMPMS BIGINT, INSTANCE STRING, KIND STRING, PID BIGINT, EXITCODE INT, SIGNAL STRING,
  UPTIMEMS BIGINT, RESTARTS BIGINT, LASTLINES ARRAY<STRING>
) WITH (KAFKA_TOPIC='headwater-service-crashes', VALUE_FORMAT='JSON', PARTITIONS=1, RETENTION_MS=604800000);

-- Messages for people.
CREATE STREAM IF NOT EXISTS NOTIFICATIONS (
  SERVICE STRING KEY, TIMESTAMPMS BIGINT, ID STRING, SEVERITY STRING, TITLE STRING, TEXT STRING, LINK STRING,
  TRACEID STRING, LABELS MAP<STRING, STRING>
) WITH (KAFKA_TOPIC='headwater-notifications', VALUE_FORMAT='JSON', PARTITIONS=1, RETENTION_MS=604800000);

-- Processes, every 15 seconds.
CREATE STREAM IF NOT EXISTS PROCESS_STATE (
  SERVICE STRING KEY, TIMESTAMPMS BIGINT, INSTANCE STRING, PID BIGINT, CPUPERCENT DOUBLE, RESIDENTBYTES BIGINT, HEAPBYTES BIGINT,
  OPENFILES INT, RESTARTS BIGINT, UPTIMEMS BIGINT, EVENTLOOPDELAYMS DOUBLE
) WITH (KAFKA_TOPIC='headwater-process-state', VALUE_FORMAT='JSON', PARTITIONS=1, RETENTION_MS=604800000);

-- Calls through the gateway. The key is the service, or the route where there is none.
CREATE STREAM IF NOT EXISTS ACCESS_LOG (
  CALLED STRING KEY, TIMESTAMPMS BIGINT, TRACEID STRING, CORRELATIONID STRING, ROUTE STRING, SERVICE STRING, INSTANCE STRING, METHOD STRING,
  PATH STRING, STATUS INT, DURATIONMS DOUBLE, UPSTREAMMS DOUBLE, REQUESTBYTES BIGINT, RESPONSEBYTES BIGINT, `USER` STRING,
  CLIENTADDRESS STRING, RETRIES INT, OUTCOME STRING, ERROR STRING
) WITH (KAFKA_TOPIC='headwater-access-log', VALUE_FORMAT='JSON', PARTITIONS=1, RETENTION_MS=604800000);

-- Log lines of all services. TEMPLATE is the line without what differs from one to the next, where it was mined.
CREATE STREAM IF NOT EXISTS LOGS (
  SERVICE STRING KEY, TIMESTAMPMS BIGINT, INSTANCE STRING, LEVEL STRING, MESSAGE STRING, TEMPLATE STRING, LOGGER STRING, THREAD STRING,
  TRACEID STRING, SPANID STRING, CORRELATIONID STRING, STACK STRING, SOURCE STRING, HOST STRING, FILE STRING, ATTRIBUTES MAP<STRING, STRING>
) WITH (KAFKA_TOPIC='headwater-logs', VALUE_FORMAT='JSON', PARTITIONS=3, RETENTION_MS=604800000);

-- Samples of metrics, as Prometheus names them.
CREATE STREAM IF NOT EXISTS METRICS (
  SERVICE STRING KEY, TIMESTAMPMS BIGINT, INSTANCE STRING, NAME STRING, TYPE STRING, VALUE DOUBLE, SPECIAL STRING,
  LABELS MAP<STRING, STRING>, SOURCE STRING
) WITH (KAFKA_TOPIC='headwater-metrics', VALUE_FORMAT='JSON', PARTITIONS=3, RETENTION_MS=604800000);

-- Processes that a supervisor starts, and how they end.
CREATE STREAM IF NOT EXISTS SERVICE_LIFECYCLE (
  SERVICE STRING KEY, TIMESTAMPMS BIGINT, INSTANCE STRING, EVENT STRING, PID BIGINT, HOST STRING, RESTARTS BIGINT, EXITCODE INT, SIGNAL STRING,
  UPTIMEMS BIGINT, ISEXPECTED BOOLEAN, LASTLINES ARRAY<STRING>
) WITH (KAFKA_TOPIC='headwater-service-lifecycle', VALUE_FORMAT='JSON', PARTITIONS=1, RETENTION_MS=604800000);

-- Spans, as Zipkin has them; times in microseconds.
CREATE STREAM IF NOT EXISTS SPANS (
  TRACE STRING KEY, TRACEID STRING, ID STRING, PARENTID STRING, NAME STRING, KIND STRING, `TIMESTAMP` BIGINT, DURATION BIGINT,
  LOCALENDPOINT STRUCT<SERVICENAME STRING>, REMOTEENDPOINT STRUCT<SERVICENAME STRING>, TAGS MAP<STRING, STRING>
) WITH (KAFKA_TOPIC='headwater-spans', VALUE_FORMAT='JSON', PARTITIONS=3, RETENTION_MS=604800000);

-- Alerts: pending, firing, resolved.
CREATE STREAM IF NOT EXISTS ALERTS (
  SERVICE STRING KEY, TIMESTAMPMS BIGINT, FINGERPRINT STRING, RULE STRING, STATE STRING, SEVERITY STRING, VALUE DOUBLE,
  STARTSMS BIGINT, ENDSMS BIGINT, CAUSEMS BIGINT, LABELS MAP<STRING, STRING>, ANNOTATIONS MAP<STRING, STRING>
) WITH (KAFKA_TOPIC='headwater-alerts', VALUE_FORMAT='JSON', PARTITIONS=1, RETENTION_MS=604800000);

-- Logins, refusals, changes of users.
CREATE STREAM IF NOT EXISTS AUDIT (
  PART STRING KEY, TIMESTAMPMS BIGINT, EVENT STRING, `USER` STRING, CLIENT STRING, ADDRESS STRING, OUTCOME STRING, REASON STRING
) WITH (KAFKA_TOPIC='headwater-audit', VALUE_FORMAT='JSON', PARTITIONS=1, RETENTION_MS=604800000);

-- Instances that come to discovery, go, and change.
CREATE STREAM IF NOT EXISTS DISCOVERY_EVENTS (
  SERVICE STRING KEY, TIMESTAMPMS BIGINT, EVENT STRING, INSTANCEID STRING, STATUS STRING, REASON STRING, ADDRESS STRING, SERVER STRING
) WITH (KAFKA_TOPIC='headwater-discovery-events', VALUE_FORMAT='JSON', PARTITIONS=1, RETENTION_MS=604800000);

-- How far consumer groups are behind, every 15 seconds: one row for each group and topic.
CREATE STREAM IF NOT EXISTS GROUP_LAG (
  GROUPID STRING KEY, TIMESTAMPMS BIGINT, `TOPIC` STRING, LAG BIGINT, MAXPARTITIONLAG BIGINT, PARTITIONS INT, MEMBERS INT
) WITH (KAFKA_TOPIC='headwater-lag', VALUE_FORMAT='JSON', PARTITIONS=1, RETENTION_MS=604800000);

-- ---------------------------------------------------------------------------------------------------------------------------------------------------
-- Status
-- ---------------------------------------------------------------------------------------------------------------------------------------------------

-- The status of each instance now, since when, and why. An instance that has not been heard of for a day is let go.
CREATE TABLE SERVICE_STATUS_NOW WITH (KAFKA_TOPIC='headwater-view-service-status-now', KEY_FORMAT='JSON', ROW_TTL='1 DAYS') AS
  SELECT SERVICE, INSTANCE,
    LATEST_BY_OFFSET(STATUS) AS STATUS,
    LATEST_BY_OFFSET(REASON) AS REASON,
    LATEST_BY_OFFSET(COALESCE(ISFLAPPING, FALSE)) AS IS_FLAPPING,
    LATEST_BY_OFFSET(CASE WHEN ISHEARTBEAT = TRUE THEN CAST(NULL AS BIGINT) ELSE TIMESTAMPMS END) AS SINCE_MS,
    LATEST_BY_OFFSET(TIMESTAMPMS) AS HEARD_MS,
    LATEST_BY_OFFSET(CHECKMS) AS CHECK_MS
  FROM SERVICE_STATUS GROUP BY SERVICE, INSTANCE;

-- Services that go up and down: three times down within ten minutes, or called flapping by the crawler. A window for each minute.
CREATE TABLE FLAPPING_APPS WITH (KAFKA_TOPIC='headwater-view-flapping-apps') AS
  SELECT SERVICE,
    COUNT(*) AS CHANGES,
    SUM(CASE WHEN STATUS = 'DOWN' THEN 1 ELSE 0 END) AS TIMES_DOWN,
    SUM(CASE WHEN ISFLAPPING = TRUE THEN 1 ELSE 0 END) AS TOLD_FLAPPING,
    LATEST_BY_OFFSET(REASON) AS REASON
  FROM SERVICE_STATUS WINDOW HOPPING (SIZE 10 MINUTES, ADVANCE BY 1 MINUTE, RETENTION 1 DAY)
  WHERE ISHEARTBEAT IS NULL OR ISHEARTBEAT = FALSE
  GROUP BY SERVICE
  HAVING SUM(CASE WHEN STATUS = 'DOWN' THEN 1 ELSE 0 END) >= 3 OR SUM(CASE WHEN ISFLAPPING = TRUE THEN 1 ELSE 0 END) > 0;

-- ---------------------------------------------------------------------------------------------------------------------------------------------------
-- Triggers
-- ---------------------------------------------------------------------------------------------------------------------------------------------------

-- A log line counts a trigger: {"message": "door opened", "trigger": "door", "count": 1}; without a count it is one.
INSERT INTO SERVICE_TRIGGERS WITH (QUERY_ID='LOG_TRIGGERS')
  SELECT SERVICE, AS_VALUE(SERVICE) AS `service`, COALESCE(TIMESTAMPMS, ROWTIME) AS TIMESTAMPMS, INSTANCE, ATTRIBUTES['trigger'] AS TRIGGER,
    COALESCE(CAST(ATTRIBUTES['count'] AS BIGINT), CAST(1 AS BIGINT)) AS `COUNT`, 'log' AS VIA, ATTRIBUTES
  FROM LOGS WHERE ATTRIBUTES['trigger'] IS NOT NULL;

-- Minutes of eight days: for charts of a week, down to the minute.
CREATE TABLE TRIGGER_PER_MINUTE WITH (KAFKA_TOPIC='headwater-view-trigger-per-minute') AS
  SELECT SERVICE, SUM(`COUNT`) AS TRIGGERS
  FROM SERVICE_TRIGGERS WINDOW TUMBLING (SIZE 1 MINUTE, RETENTION 8 DAYS) GROUP BY SERVICE;

-- Hours of 35 days: for charts of a month, and of a week with few points.
CREATE TABLE TRIGGER_PER_HOUR WITH (KAFKA_TOPIC='headwater-view-trigger-per-hour') AS
  SELECT SERVICE, SUM(`COUNT`) AS TRIGGERS
  FROM SERVICE_TRIGGERS WINDOW TUMBLING (SIZE 1 HOUR, RETENTION 35 DAYS) GROUP BY SERVICE;

-- Days of 13 months. A day is one of UTC.
CREATE TABLE TRIGGER_PER_DAY WITH (KAFKA_TOPIC='headwater-view-trigger-per-day') AS
  SELECT SERVICE, SUM(`COUNT`) AS TRIGGERS
  FROM SERVICE_TRIGGERS WINDOW TUMBLING (SIZE 1 DAY, RETENTION 400 DAYS) GROUP BY SERVICE;

-- Weeks, which begin on Monday at 00:00 UTC (windows of seven days would begin on Thursday, as 1970 did). WEEKSTART is in milliseconds.
CREATE TABLE TRIGGER_PER_WEEK WITH (KAFKA_TOPIC='headwater-view-trigger-per-week', KEY_FORMAT='JSON', ROW_TTL='400 DAYS') AS
  SELECT SERVICE, (ROWTIME - 345600000) / 604800000 * 604800000 + 345600000 AS WEEKSTART, SUM(`COUNT`) AS TRIGGERS
  FROM SERVICE_TRIGGERS GROUP BY SERVICE, (ROWTIME - 345600000) / 604800000 * 604800000 + 345600000;

-- Which triggers they were, and where they came in.
CREATE TABLE TRIGGER_NAMES_PER_DAY WITH (KAFKA_TOPIC='headwater-view-trigger-names-per-day', KEY_FORMAT='JSON') AS
  SELECT SERVICE, TRIGGER, SUM(`COUNT`) AS TRIGGERS, HISTOGRAM(VIA) AS EVENTS_BY_WAY
  FROM SERVICE_TRIGGERS WINDOW TUMBLING (SIZE 1 DAY, RETENTION 35 DAYS) GROUP BY SERVICE, TRIGGER;

-- ---------------------------------------------------------------------------------------------------------------------------------------------------
-- Crashes
-- ---------------------------------------------------------------------------------------------------------------------------------------------------

-- Minutes of eight days.
CREATE TABLE CRASH_PER_MINUTE WITH (KAFKA_TOPIC='headwater-view-crash-per-minute') AS
  SELECT SERVICE, COUNT(*) AS CRASHES
  FROM SERVICE_CRASHES WINDOW TUMBLING (SIZE 1 MINUTE, RETENTION 8 DAYS) GROUP BY SERVICE;

-- Hours of 35 days.
CREATE TABLE CRASH_PER_HOUR WITH (KAFKA_TOPIC='headwater-view-crash-per-hour') AS
  SELECT SERVICE, COUNT(*) AS CRASHES
  FROM SERVICE_CRASHES WINDOW TUMBLING (SIZE 1 HOUR, RETENTION 35 DAYS) GROUP BY SERVICE;

-- Days of 13 months, with how they were found, and what the last one was.
CREATE TABLE CRASH_PER_DAY WITH (KAFKA_TOPIC='headwater-view-crash-per-day') AS
  SELECT SERVICE, COUNT(*) AS CRASHES,
    HISTOGRAM(KIND) AS BY_KIND,
    LATEST_BY_OFFSET(KIND) AS LAST_KIND,
    LATEST_BY_OFFSET(EXITCODE) AS LAST_EXIT_CODE,
    LATEST_BY_OFFSET(SIGNAL) AS LAST_SIGNAL,
    LATEST_BY_OFFSET(TIMESTAMPMS) AS LAST_MS,
    MIN(UPTIMEMS) AS SHORTEST_UPTIME_MS
  FROM SERVICE_CRASHES WINDOW TUMBLING (SIZE 1 DAY, RETENTION 400 DAYS) GROUP BY SERVICE;

-- Weeks, which begin on Monday.
CREATE TABLE CRASH_PER_WEEK WITH (KAFKA_TOPIC='headwater-view-crash-per-week', KEY_FORMAT='JSON', ROW_TTL='400 DAYS') AS
  SELECT SERVICE, (ROWTIME - 345600000) / 604800000 * 604800000 + 345600000 AS WEEKSTART, COUNT(*) AS CRASHES, HISTOGRAM(KIND) AS BY_KIND
  FROM SERVICE_CRASHES GROUP BY SERVICE, (ROWTIME - 345600000) / 604800000 * 604800000 + 345600000;

-- Unstable services: three crashes within an hour. A window for each five minutes; RESTARTS is how often they were started again by then. Those that go up
-- and down without crashing are in FLAPPING_APPS.
CREATE TABLE UNSTABLE_APPS WITH (KAFKA_TOPIC='headwater-view-unstable-apps') AS
  SELECT SERVICE, COUNT(*) AS CRASHES, MAX(RESTARTS) AS RESTARTS, MIN(UPTIMEMS) AS SHORTEST_UPTIME_MS, HISTOGRAM(KIND) AS BY_KIND
  FROM SERVICE_CRASHES WINDOW HOPPING (SIZE 1 HOUR, ADVANCE BY 5 MINUTES, RETENTION 8 DAYS)
  GROUP BY SERVICE HAVING COUNT(*) >= 3;

-- ---------------------------------------------------------------------------------------------------------------------------------------------------
-- Calls
-- ---------------------------------------------------------------------------------------------------------------------------------------------------

-- Calls, share of errors, and latency in ms of each route: LATENCY_MS has the 50th, 95th and 99th percentile.
CREATE TABLE ROUTE_PER_MINUTE WITH (KAFKA_TOPIC='headwater-view-route-per-minute') AS
  SELECT COALESCE(ROUTE, SERVICE, 'gateway') AS ROUTE,
    COUNT(*) AS CALLS,
    SUM(CASE WHEN STATUS >= 500 THEN 1 ELSE 0 END) AS ERRORS,
    SUM(CASE WHEN STATUS >= 500 THEN 1 ELSE 0 END) / CAST(COUNT(*) AS DOUBLE) AS ERROR_RATE,
    PERCENTILES(DURATIONMS, 0.5, 0.95, 0.99) AS LATENCY_MS,
    MAX(DURATIONMS) AS SLOWEST_MS
  FROM ACCESS_LOG WINDOW TUMBLING (SIZE 1 MINUTE, RETENTION 1 DAY) GROUP BY COALESCE(ROUTE, SERVICE, 'gateway');

-- The same by the hour, for 35 days: percentiles cannot be made of those of minutes.
CREATE TABLE ROUTE_PER_HOUR WITH (KAFKA_TOPIC='headwater-view-route-per-hour') AS
  SELECT COALESCE(ROUTE, SERVICE, 'gateway') AS ROUTE,
    COUNT(*) AS CALLS,
    SUM(CASE WHEN STATUS >= 500 THEN 1 ELSE 0 END) AS ERRORS,
    SUM(CASE WHEN STATUS >= 500 THEN 1 ELSE 0 END) / CAST(COUNT(*) AS DOUBLE) AS ERROR_RATE,
    PERCENTILES(DURATIONMS, 0.5, 0.95, 0.99) AS LATENCY_MS,
    MAX(DURATIONMS) AS SLOWEST_MS
  FROM ACCESS_LOG WINDOW TUMBLING (SIZE 1 HOUR, RETENTION 35 DAYS) GROUP BY COALESCE(ROUTE, SERVICE, 'gateway');

-- ---------------------------------------------------------------------------------------------------------------------------------------------------
-- Log lines, notifications, processes, lag, alerts
-- ---------------------------------------------------------------------------------------------------------------------------------------------------

-- Lines by level: NULL levels are lines that told none.
CREATE TABLE LOG_LINES_PER_MINUTE WITH (KAFKA_TOPIC='headwater-view-log-lines-per-minute') AS
  SELECT SERVICE, COUNT(*) AS LINES,
    SUM(CASE WHEN LEVEL = 'WARN' THEN 1 ELSE 0 END) AS WARNINGS,
    SUM(CASE WHEN LEVEL = 'ERROR' OR LEVEL = 'FATAL' THEN 1 ELSE 0 END) AS ERRORS
  FROM LOGS WINDOW TUMBLING (SIZE 1 MINUTE, RETENTION 2 DAYS) GROUP BY SERVICE;

-- What is told most in an hour: ORDER BY LINES DESC LIMIT 20. A line without a template counts for its level and logger.
CREATE TABLE LOG_TEMPLATE_PER_HOUR WITH (KAFKA_TOPIC='headwater-view-log-template-per-hour', KEY_FORMAT='JSON') AS
  SELECT SERVICE, COALESCE(TEMPLATE, LOGGER, 'no logger') AS TEMPLATE, COALESCE(LEVEL, 'INFO') AS LEVEL, COUNT(*) AS LINES,
    LATEST_BY_OFFSET(TIMESTAMPMS) AS LAST_MS
  FROM LOGS WINDOW TUMBLING (SIZE 1 HOUR, RETENTION 2 DAYS)
  GROUP BY SERVICE, COALESCE(TEMPLATE, LOGGER, 'no logger'), COALESCE(LEVEL, 'INFO');

-- Messages, and how urgent they were.
CREATE TABLE NOTIFICATION_PER_DAY WITH (KAFKA_TOPIC='headwater-view-notification-per-day') AS
  SELECT SERVICE, COUNT(*) AS NOTIFICATIONS, HISTOGRAM(SEVERITY) AS BY_SEVERITY, LATEST_BY_OFFSET(TITLE) AS LAST_TITLE
  FROM NOTIFICATIONS WINDOW TUMBLING (SIZE 1 DAY, RETENTION 35 DAYS) GROUP BY SERVICE;

-- What each process uses now; one that has not been heard of for an hour is let go.
CREATE TABLE PROCESS_NOW WITH (KAFKA_TOPIC='headwater-view-process-now', KEY_FORMAT='JSON', ROW_TTL='1 HOURS') AS
  SELECT SERVICE, INSTANCE,
    LATEST_BY_OFFSET(PID) AS PID, LATEST_BY_OFFSET(CPUPERCENT) AS CPU_PERCENT, LATEST_BY_OFFSET(RESIDENTBYTES) AS RESIDENT_BYTES,
    LATEST_BY_OFFSET(OPENFILES) AS OPEN_FILES, LATEST_BY_OFFSET(RESTARTS) AS RESTARTS, LATEST_BY_OFFSET(UPTIMEMS) AS UPTIME_MS,
    LATEST_BY_OFFSET(TIMESTAMPMS) AS HEARD_MS
  FROM PROCESS_STATE GROUP BY SERVICE, INSTANCE;

-- Lag over time: the greatest of each minute, and the last.
CREATE TABLE LAG_PER_MINUTE WITH (KAFKA_TOPIC='headwater-view-lag-per-minute', KEY_FORMAT='JSON') AS
  SELECT GROUPID, `TOPIC`, MAX(LAG) AS MAX_LAG, LATEST_BY_OFFSET(LAG) AS LAG
  FROM GROUP_LAG WINDOW TUMBLING (SIZE 1 MINUTE, RETENTION 2 DAYS) GROUP BY GROUPID, `TOPIC`;

-- Each alert as it is now; one that has been resolved for a week is let go.
CREATE TABLE ALERTS_NOW WITH (KAFKA_TOPIC='headwater-view-alerts-now', ROW_TTL='7 DAYS') AS
  SELECT FINGERPRINT, LATEST_BY_OFFSET(RULE) AS RULE, LATEST_BY_OFFSET(STATE) AS STATE, LATEST_BY_OFFSET(SEVERITY) AS SEVERITY,
    LATEST_BY_OFFSET(VALUE) AS VALUE, LATEST_BY_OFFSET(STARTSMS) AS STARTS_MS, LATEST_BY_OFFSET(ENDSMS) AS ENDS_MS,
    LATEST_BY_OFFSET(LABELS) AS LABELS
  FROM ALERTS GROUP BY FINGERPRINT;
