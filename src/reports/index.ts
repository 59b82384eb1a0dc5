export { renderHtml } from './html/page.js';
export { renderJson } from './json.js';
export { renderJUnit } from './junit.js';
export { type ReportOptions, reportOf } from './report-of.js';
export type * from './run-report.js';
export { renderText } from './text.js';
export { formatClock, formatIso, formatTime } from './time-text.js';
