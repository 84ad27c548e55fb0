export { SearchStoreError, type SearchStoreErrorCode } from './src/search-store-error.ts';
export { type SearchOptions, type SearchServer, startSearch } from './src/start-search.ts';
