import { typeText } from '../../types/sql-type.ts';
import type { ColumnDefinition, Expression, Rewind, Statement, WithProperties } from '../ast/index.ts';
import { printExpression } from './print-expression.ts';
import { quotedWhereNeeded as nameText, stringText } from './print-name.ts';
import { printQuery, spanText } from './print-query.ts';

/**
 * A statement as ksqlDB shows it in EXPLAIN, in messages, and in the text that it keeps of what it runs. No semicolon stands at the end.
 * It is read again as the same tree.
 */
export function printStatement(statement: Statement): string {
  switch (statement.kind) {
    case 'query':
      return printQuery(statement);
    case 'createSource': {
      const kind = `${statement.isSource ? 'SOURCE ' : ''}${statement.sourceKind}`;
      return `${createText(statement, kind)}${columnsText(statement.columns)}${withText(statement.properties)}`;
    }
    case 'createAsSelect': {
      const head = `${createText(statement, statement.sourceKind)}${withText(statement.properties)}`;
      return `${head} AS ${printQuery(statement.query, true)}`;
    }
    case 'insertInto': {
      const head = `INSERT INTO ${nameText(statement.target)}${withText(statement.properties)}`;
      return `${head} ${printQuery(statement.query, true)}`;
    }
    case 'insertValues': {
      const { target, columns, values } = statement;
      return `INSERT INTO ${nameText(target)} ${namesText(columns)}VALUES ${valuesText(values)}`;
    }
    case 'deleteRows':
      return `DELETE FROM ${nameText(statement.target)} WHERE ${printExpression(statement.where)}`;
    case 'dropSource': {
      const { sourceKind, name, isIfExists, isTopicDeleted } = statement;
      return `DROP ${sourceKind} ${ifExists(isIfExists)}${nameText(name)}${isTopicDeleted ? ' DELETE TOPIC' : ''}`;
    }
    case 'alterSource': {
      const columns = statement.columns.map(
        ({ name, type }) => `ADD COLUMN ${nameText(name)} ${typeText(type, nameText)}`,
      );
      return `ALTER ${statement.sourceKind} ${nameText(statement.name)}\n${columns.join(',\n')}`;
    }
    case 'createType': {
      const { name, type, isIfNotExists } = statement;
      return `CREATE TYPE ${ifNotExists(isIfNotExists)}${nameText(name)} AS ${typeText(type, nameText)}`;
    }
    case 'dropType':
      return `DROP TYPE ${ifExists(statement.isIfExists)}${nameText(statement.name)}`;
    case 'terminate':
    case 'pause':
    case 'resume': {
      const { kind, queryId } = statement;
      return `${kind.toUpperCase()} ${queryId === null ? 'ALL' : nameText(queryId)}`;
    }
    case 'explain':
      return `EXPLAIN ${statement.statement === null ? nameText(statement.queryId!) : `\n${printStatement(statement.statement)}`}`;
    case 'rewind':
      return rewindText(statement);
    default:
      return printAdministration(statement);
  }
}

type Administration = Exclude<
  Statement,
  {
    kind:
      | 'query'
      | 'createSource'
      | 'createAsSelect'
      | 'insertInto'
      | 'insertValues'
      | 'deleteRows'
      | 'dropSource'
      | 'alterSource'
      | 'createType'
      | 'dropType'
      | 'terminate'
      | 'pause'
      | 'resume'
      | 'explain'
      | 'rewind';
  }
>;

/** Statements that look at something, set something, or assert something. */
function printAdministration(statement: Administration): string {
  switch (statement.kind) {
    case 'list':
      return `SHOW ${statement.isAll ? 'ALL ' : ''}${statement.what}${extended(statement.isExtended)}`;
    case 'describeSource':
      return `DESCRIBE ${nameText(statement.name)}${extended(statement.isExtended)}`;
    case 'describeSources':
      return `DESCRIBE ${statement.sourceKind}S${extended(statement.isExtended)}`;
    case 'describeFunction':
      return `DESCRIBE FUNCTION ${nameText(statement.name)}`;
    case 'describeConnector':
      return `DESCRIBE CONNECTOR ${nameText(statement.name)}`;
    case 'printTopic': {
      const { topic, isFromBeginning, interval, limit } = statement;
      const from = isFromBeginning ? ' FROM BEGINNING' : '';
      return `PRINT ${stringText(topic)}${from}${optional(' INTERVAL', interval)}${optional(' LIMIT', limit)}`;
    }
    case 'setProperty':
      return `SET ${stringText(statement.name)}=${stringText(statement.value)}`;
    case 'unsetProperty':
      return `UNSET ${stringText(statement.name)}`;
    case 'defineVariable':
      return `DEFINE ${statement.name}=${stringText(statement.value)}`;
    case 'undefineVariable':
      return `UNDEFINE ${statement.name}`;
    case 'alterSystem':
      return `ALTER SYSTEM ${stringText(statement.name)}=${stringText(statement.value)}`;
    case 'createConnector': {
      const { direction, name, isIfNotExists, properties } = statement;
      const settings = [...properties].map(([key, value]) => `${stringText(key)}=${printExpression(value)}`);
      return `CREATE ${direction} CONNECTOR ${ifNotExists(isIfNotExists)}${nameText(name)} WITH (${settings.join(', ')})`;
    }
    case 'dropConnector':
      return `DROP CONNECTOR ${ifExists(statement.isIfExists)}${nameText(statement.name)}`;
    case 'assertTopic': {
      const { topic, isExpected, properties, timeout } = statement;
      const end = timeout === null ? '' : ` TIMEOUT ${spanText(timeout)}`;
      return `ASSERT ${isExpected ? '' : 'NOT EXISTS '}TOPIC ${stringText(topic)}${withText(properties)}${end}`;
    }
    case 'assertSchema': {
      const { subject, id, isExpected, timeout } = statement;
      const named = subject === null ? '' : ` SUBJECT ${stringText(subject)}`;
      const end = timeout === null ? '' : ` TIMEOUT ${spanText(timeout)}`;
      return `ASSERT ${isExpected ? '' : 'NOT EXISTS '}SCHEMA${named}${optional(' ID', id)}${end}`;
    }
    case 'assertValues':
      return `ASSERT VALUES ${nameText(statement.source)} ${namesText(statement.columns)}VALUES ${valuesText(statement.values)}`;
    case 'assertTombstone':
      return `ASSERT NULL VALUES ${nameText(statement.source)} ${namesText(statement.columns)}KEY ${valuesText(statement.values)}`;
    case 'assertSource': {
      const { sourceKind, name, columns, properties } = statement;
      return `ASSERT ${sourceKind} ${nameText(name)}${columnsText(columns)}${withText(properties)}`;
    }
    case 'runScript':
      return `RUN SCRIPT ${stringText(statement.path.value)}`;
  }
}

interface Created {
  readonly name: string;
  readonly isOrReplace: boolean;
  readonly isIfNotExists: boolean;
}

function createText({ name, isOrReplace, isIfNotExists }: Created, kind: string): string {
  return `CREATE ${isOrReplace ? 'OR REPLACE ' : ''}${kind} ${ifNotExists(isIfNotExists)}${nameText(name)}`;
}

function ifNotExists(is: boolean): string {
  return is ? 'IF NOT EXISTS ' : '';
}

function ifExists(is: boolean): string {
  return is ? 'IF EXISTS ' : '';
}

function extended(is: boolean): string {
  return is ? ' EXTENDED' : '';
}

function optional(words: string, value: number | null): string {
  return value === null ? '' : `${words} ${value}`;
}

function namesText(names: readonly string[]): string {
  return names.length === 0 ? '' : `(${names.map(nameText).join(', ')}) `;
}

function valuesText(values: readonly Expression[]): string {
  return `(${values.map((value) => printExpression(value)).join(', ')})`;
}

function withText(properties: WithProperties): string {
  if (properties.size === 0) return '';
  return ` WITH (${[...properties].map(([name, value]) => `${nameText(name)}=${printExpression(value)}`).join(', ')})`;
}

function columnsText(columns: readonly ColumnDefinition[]): string {
  return columns.length === 0 ? '' : ` (${columns.map(columnText).join(', ')})`;
}

/** `A INTEGER KEY`. */
function columnText({ name, type, constraint }: ColumnDefinition): string {
  const text = `${nameText(name)} ${typeText(type, nameText)}`;
  switch (constraint.kind) {
    case 'value':
      return text;
    case 'key':
      return `${text} KEY`;
    case 'primaryKey':
      return `${text} PRIMARY KEY`;
    case 'headers':
      return `${text} HEADERS`;
    case 'header':
      return `${text} HEADER(${stringText(constraint.key)})`;
  }
}

function rewindText({ targetKind, target, to }: Rewind): string {
  const head = `REWIND ${targetKind === null ? '' : `${targetKind} `}${nameText(target)} TO`;
  switch (to.kind) {
    case 'beginning':
      return `${head} BEGINNING`;
    case 'timestamp':
      return `${head} TIMESTAMP ${typeof to.at === 'string' ? stringText(to.at) : to.at}`;
    case 'offsets':
      return `${head} OFFSETS (${[...to.offsets].map(([partition, offset]) => `${partition} = ${offset}`).join(', ')})`;
  }
}
