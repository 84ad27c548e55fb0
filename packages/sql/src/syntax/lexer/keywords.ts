/** Words that ksqlDB's grammar knows. Only the reserved ones cannot name a column, source or alias unless they are quoted. */
const reserved = `
ADVANCE ALL AND AS AT BEGINNING BETWEEN BY CASE CAST CATALOG CONNECTOR CONNECTORS CREATE DAYS DECIMAL DELETE DESCRIBE DISTINCT DROP ELSE
END EXISTS EXPORT EXTENDED FALSE FROM FULL GROUP HAVING HOPPING HOURS IN INNER INSERT INTO IS JOIN LEFT LIKE LIMIT LIST LOAD MATERIALIZED
MILLISECOND MILLISECONDS MINUTES MONTHS NAMESPACE NOT NULL ON OR OUTER PRINT PROPERTIES QUERIES QUERY RENAME RETENTION RIGHT RUN SAMPLE
SCRIPT SECONDS SELECT SIZE STREAM STREAMS TABLE TERMINATE THEN TO TOPIC TOPICS TRUE TUMBLING UNSET VALUES VIEW WHEN WHERE WINDOW WITH
WITHIN YEARS`;

const nonReserved = `
ADD ALTER ANALYZE ARRAY ASSERT CHANGES COLUMN COLUMNS DATE DAY DEFINE EMIT ESCAPE EXPLAIN FINAL FUNCTION FUNCTIONS GRACE HEADER HEADERS
HOUR ID IF INTEGER INTERVAL KEY MAP MINUTE MONTH PARTITION PARTITIONS PERIOD PLUGINS PRIMARY REPLACE RESET SCHEMA SECOND SESSION SET SHOW
SINK SOURCE STRING STRUCT SUBJECT SYSTEM TABLES TIME TIMEOUT TIMESTAMP TYPE TYPES UNDEFINE VARIABLES YEAR ZONE`;

/** Words of Headwater's own statements and clauses: they mean something in their place only, so that no ksqlDB statement changes. */
const additional = 'ASC DESC FIRST GLOBAL LAST NULLS OFFSET OFFSETS ORDER PAUSE RESUME REWIND';

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}

/** In upper case: cannot be an identifier without quotes. */
export const reservedWords = words(reserved);

/** In upper case: keywords that are identifiers as well. */
export const nonReservedWords = words(`${nonReserved} ${additional}`);

/** All keywords, sorted; for completion and highlighting. */
export const keywords: readonly string[] = [...reservedWords, ...nonReservedWords].sort();

/** Names of types as a statement writes them. */
export const typeWords: readonly string[] = [
  'ARRAY',
  'BIGINT',
  'BOOLEAN',
  'BYTES',
  'DATE',
  'DECIMAL',
  'DOUBLE',
  'INT',
  'INTEGER',
  'MAP',
  'STRING',
  'STRUCT',
  'TIME',
  'TIMESTAMP',
  'VARCHAR',
];

const plainIdentifier = /^[A-Z_][A-Z0-9_@]*$/;

/** Whether a name must be quoted to be read as just this name. */
export function needsQuotes(name: string): boolean {
  return !plainIdentifier.test(name) || reservedWords.has(name);
}
