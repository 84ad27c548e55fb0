/** The analytics store: PostgreSQL's wire protocol on PGlite. */
export { AnalyticsError, type AnalyticsErrorCode } from './src/analytics-error.ts';
export { type AnalyticsOptions, type AnalyticsServer, startAnalytics } from './src/server/start-analytics.ts';
