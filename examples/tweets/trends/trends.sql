-- What is tweeted about now: words and users by minute and hour. `headwater up` gives this file to streaming SQL once all is ready, and again at each start;
-- what is there already stays as it is, what has another statement than before is made again from the log. `tweets.views` of headwater.yaml names a file
-- of your own instead, or says none.

-- Each word is counted once, whatever dies.
SET 'processing.guarantee'='exactly_once_v2';
SET 'auto.offset.reset'='earliest';

-- The columns of a tweet are those of its schema, which the source registers.
ASSERT SCHEMA SUBJECT 'twitter-topic-value' TIMEOUT 50 SECONDS;
CREATE STREAM TWEETS (AUTHOR BIGINT KEY) WITH (KAFKA_TOPIC='twitter-topic', VALUE_FORMAT='AVRO');

-- A record for each word of a tweet, by the word: both counts below read it as it is. Words are those of the service streams.
CREATE STREAM TWEET_WORDS WITH (KAFKA_TOPIC='tweet-words', VALUE_FORMAT='DELIMITED', RETENTION_MS=3600000) AS
  SELECT EXPLODE(SPLIT_TO_WORDS(TEXT, 10000)) AS WORD, AUTHOR FROM TWEETS PARTITION BY WORD;

-- Minutes of the last half hour. The grace is long, so that partitions that are worked on one after the other after an outage are counted alike.
CREATE TABLE TWEET_WORDS_MINUTE WITH (KAFKA_TOPIC='tweet-words-minute') AS
  SELECT WORD, COUNT(*) AS TIMES
  FROM TWEET_WORDS WINDOW TUMBLING (SIZE 1 MINUTE, RETENTION 30 MINUTES, GRACE PERIOD 28 MINUTES) GROUP BY WORD;

-- Hours of a day.
CREATE TABLE TWEET_WORDS_HOUR WITH (KAFKA_TOPIC='tweet-words-hour') AS
  SELECT WORD, COUNT(*) AS TIMES
  FROM TWEET_WORDS WINDOW TUMBLING (SIZE 1 HOUR, RETENTION 1 DAY, GRACE PERIOD 22 HOURS) GROUP BY WORD;

-- Who tweets most.
CREATE TABLE TWEET_USERS_HOUR WITH (KAFKA_TOPIC='tweet-users-hour') AS
  SELECT AUTHOR, COUNT(*) AS TWEETS
  FROM TWEETS WINDOW TUMBLING (SIZE 1 HOUR, RETENTION 4 HOURS, GRACE PERIOD 2 HOURS) GROUP BY AUTHOR;
