type Row = Readonly<Record<string, string>>;
type Fields = Readonly<Record<string, unknown>>;

/** A field that the truth has, and where the pipeline puts it. */
export interface FieldCheck {
  name: string;
  expected(row: Row): string;
  actual(fields: Fields): unknown;
}

export interface DataSet {
  name: string;
  /** A file of packages/pipeline/pipelines. */
  pipeline: string;
  /** Grouping accuracy that LogPAI's benchmark reports for Drain. */
  drainGrouping: number;
  fields: FieldCheck[];
}

const field = (column: string, name: string): FieldCheck => ({
  name: column,
  expected: (row) => row[column] ?? '',
  actual: (fields) => fields[name],
});
/** Columns that the pipeline keeps in one field. */
const joined = (
  columns: string[],
  separator: string,
  name: string,
  actual: (fields: Fields) => unknown,
): FieldCheck => ({
  name,
  expected: (row) => columns.map((column) => row[column] ?? '').join(separator),
  actual,
});
const message = field('Content', 'message');

export const dataSets: readonly DataSet[] = [
  {
    name: 'Apache',
    pipeline: 'apache-error.yaml',
    drainGrouping: 1,
    fields: [
      field('Time', 'timestamp'),
      field('Level', 'level'),
      {
        name: 'Content',
        expected: (row) => row['Content'] ?? '',
        // The truth leaves the client in the message; the pipeline makes a field of it.
        actual: ({ clientip, message: text }) => (clientip === undefined ? text : `[client ${clientip}] ${text}`),
      },
    ],
  },
  {
    name: 'Linux',
    pipeline: 'syslog.yaml',
    drainGrouping: 0.69,
    fields: [
      joined(['Month', 'Date', 'Time'], ' ', 'Month Date Time', (fields) =>
        String(fields['timestamp']).replace(/ +/g, ' '),
      ),
      field('Level', 'host'),
      field('Component', 'program'),
      field('PID', 'pid'),
      message,
    ],
  },
  {
    name: 'OpenStack',
    pipeline: 'openstack.yaml',
    drainGrouping: 0.733,
    fields: [
      field('Logrecord', 'file'),
      joined(['Date', 'Time'], ' ', 'Date Time', (fields) => fields['timestamp']),
      field('Pid', 'pid'),
      field('Level', 'level'),
      field('Component', 'logger'),
      field('ADDR', 'request'),
      message,
    ],
  },
  {
    name: 'Zookeeper',
    pipeline: 'zookeeper.yaml',
    drainGrouping: 0.967,
    fields: [
      joined(['Date', 'Time'], ' ', 'Date Time', (fields) => fields['timestamp']),
      field('Level', 'level'),
      // The truth cuts at the first colon, which addresses have too: both halves together are compared.
      joined(['Node', 'Component'], ':', 'Node:Component', (fields) => `${fields['thread']}:${fields['class']}`),
      field('Id', 'line'),
      message,
    ],
  },
];
