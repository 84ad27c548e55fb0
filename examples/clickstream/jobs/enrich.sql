-- Job 3: orders with the names of things, as documents that people search: the topic clickstream, and by the service click-search the index of that name.

SET 'processing.guarantee'='exactly_once_v2';
SET 'auto.offset.reset'='earliest';

CREATE TABLE PRODUCTS (ID STRING PRIMARY KEY, TITLE STRING, CATEGORY STRING, PRICECENTS BIGINT)
  WITH (KAFKA_TOPIC='products', VALUE_FORMAT='JSON', PARTITIONS=3);
CREATE TABLE CUSTOMERS (ID STRING PRIMARY KEY, NAME STRING, SEGMENT STRING, COUNTRY STRING)
  WITH (KAFKA_TOPIC='customers', VALUE_FORMAT='JSON', PARTITIONS=3);

CREATE TABLE CLICKSTREAM WITH (KAFKA_TOPIC='clickstream', VALUE_FORMAT='JSON', JSON_KEEP_CASE=true, JSON_OMIT_NULLS=true) AS
  SELECT o.ID AS id,
    CONCAT(c.NAME, ' (', c.SEGMENT, ', ', c.COUNTRY, ') ordered ', CAST(o.QUANTITY AS STRING), ' × ', p.TITLE,
      CASE WHEN k.CLICKS IS NULL THEN ' at once' ELSE CONCAT(' after ', CAST(k.CLICKS AS STRING), ' clicks') END) AS text,
    o.AT_MS AS orderedAt, o.CUSTOMER AS customer, c.NAME AS customerName, c.SEGMENT AS segment, c.COUNTRY AS country,
    o.PRODUCT AS product, p.TITLE AS title, p.CATEGORY AS category, o.QUANTITY AS quantity, o.QUANTITY * p.PRICECENTS AS totalCents,
    COALESCE(k.CLICKS, CAST(0 AS BIGINT)) AS clicks, (o.AT_MS - k.FIRST_CLICK_AT) / 1000 AS secondsFromFirstClick
  FROM ORDERS_NOW o
    LEFT JOIN CLICKS_OF_ORDER k ON o.ID = k.ORDER_ID
    JOIN CUSTOMERS c ON o.CUSTOMER = c.ID
    JOIN PRODUCTS p ON o.PRODUCT = p.ID;

-- What segments buy, by now.
CREATE TABLE SALES_PER_SEGMENT WITH (KAFKA_TOPIC='sales-per-segment', KEY_FORMAT='JSON') AS
  SELECT segment, category, COUNT(*) AS ORDERS, SUM(totalCents) AS TOTAL_CENTS, SUM(clicks) AS CLICKS
  FROM CLICKSTREAM GROUP BY segment, category;
