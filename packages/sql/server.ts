export { startSqlOnDemand } from './src/server/start-sql-on-demand.ts';
