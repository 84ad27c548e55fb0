/** Lines of postgresql.conf: small, since one session uses them. PGlite writes the file anew at each start. */
export function postgresqlConf(isSynced: boolean): string[] {
  return [
    'shared_buffers = 2MB',
    'wal_buffers = 256kB',
    'max_connections = 5',
    'jit = off',
    'autovacuum = off',
    'max_wal_size = 32MB',
    'min_wal_size = 2MB',
    `fsync = ${isSynced ? 'on' : 'off'}`,
    "log_timezone = 'UTC'",
    "timezone = 'UTC'",
    'log_min_messages = error',
  ];
}

/** How the one process of PostgreSQL is called: as PGlite does it, but with PostgreSQL's own search path and without `-F` and `-O`. */
export const startParameters: readonly string[] = [
  '--single',
  '-j',
  ...[
    'exit_on_error=false',
    'log_checkpoints=false',
    'max_worker_processes=0',
    'max_parallel_workers=0',
    'max_parallel_workers_per_gather=0',
    'max_parallel_maintenance_workers=0',
    'io_method=sync',
  ].flatMap((setting) => ['-c', setting]),
];

/** Of 1 MB each: a new database takes 24 MB instead of 38. */
export const initdbParameters: readonly string[] = ['--wal-segsize=1', '--no-sync'];

/** The database in the template of new ones: the one that is asked for when no other is named, so that it needs no renaming. */
export const templateDatabase = 'headwater';
