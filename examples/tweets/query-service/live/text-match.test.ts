import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SearchableText, TextMatch } from './text-match.ts';

const highlight = (text: string, ...terms: string[]) => new TextMatch(terms).highlight(new SearchableText(text));

test('whole words are found, whatever their case, and marked as they were written', () => {
  assert.equal(highlight('Kafka, KAFKA and kafkaesque', 'kafka'), '<em>Kafka</em>, <em>KAFKA</em> and kafkaesque');
  assert.equal(highlight('streams of Kafka', 'kafka', 'streams'), '<em>streams</em> of <em>Kafka</em>');
  assert.equal(highlight('nothing here', 'kafka'), undefined);
  assert.equal(highlight('anything'), undefined);
  assert.equal(highlight('anything', ''), undefined);
});

test('words end where the standard analyser of the query store ends them', () => {
  assert.equal(highlight("Kafka's own", 'kafka'), undefined);
  assert.equal(highlight("Kafka's own", "kafka's"), "<em>Kafka's</em> own");
  assert.equal(highlight('kafka_streams', 'kafka'), undefined);
  assert.equal(highlight('#kafka @kafka kafka!', 'kafka'), '#<em>kafka</em> @<em>kafka</em> <em>kafka</em>!');
  assert.equal(highlight('Über alles', 'über'), '<em>Über</em> alles');
  assert.equal(highlight('東京都', '京'), '東<em>京</em>都');
});

test('a letter that grows in lower case leaves the text without marks', () => {
  assert.equal(highlight('İ kafka', 'kafka'), 'İ kafka');
});
