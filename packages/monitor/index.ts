export {
  type AppliedViews,
  type ApplyViewsOptions,
  applyViews,
  shippedViews,
  type ViewFailure,
} from './src/views/apply-views.ts';
export { MonitorViewsError, type MonitorViewsErrorCode } from './src/views/views-error.ts';
