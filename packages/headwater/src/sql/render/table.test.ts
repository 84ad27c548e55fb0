import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { colored } from './colored.ts';
import { displayWidth, visible, wrap } from './display-width.ts';
import { tableText } from './table.ts';

test('cells of a terminal', () => {
  deepEqual(['ab', '日本', 'é', 'e\u0301', '👩‍👩‍👧', '⛵', ''].map(displayWidth), [2, 4, 1, 1, 2, 2, 0]);
  deepEqual(wrap('日本語', 4), ['日本', '語']);
  equal(visible('a\u001b[31m\n'), 'a\\u001b[31m\\n');
});

test('tables are aligned, cut to the terminal, and stand upright where they cannot be', () => {
  equal(
    tableText(
      ['NAME', 'N'],
      [
        ['日本', '1'],
        ['b', '22'],
      ],
      80,
    ),
    ['+----+--+', '|NAME|N |', '+----+--+', '|日本|1 |', '|b   |22|', '+----+--+'].join('\n'),
  );
  equal(
    tableText(['A', 'B'], [['x'.repeat(12), 'yes']], 17),
    [
      '+-----------+---+',
      '|A          |B  |',
      '+-----------+---+',
      '|xxxxxxxxxxx|yes|',
      '|x          |   |',
      '+-----------+---+',
    ].join('\n'),
  );
  equal(tableText(['A', 'LONG'], [['x'.repeat(20), 'y']], 12), '-- row 1\nA    | xxxxxxxxxxxxxxxxxxxx\nLONG | y');
  equal(tableText(['A'], [], 80), 'none');
});

test('colours leave the text as it is', () => {
  const text = "SELECT a, 'x' FROM b -- c";
  equal(colored(text).replace(/\u001b\[\d+m/g, ''), text);
});
