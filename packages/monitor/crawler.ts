export { createCrawler, type ServiceCrawler, type ServiceCrawlerOptions } from './src/beside/create-crawler.ts';
export { LastLines } from './src/supervise/last-lines.ts';
