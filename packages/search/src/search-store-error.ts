export type SearchStoreErrorCode = 'HW_SEARCH_DATA_DIR_IN_USE' | 'HW_SEARCH_DATA_DIR_FORMAT' | 'HW_SEARCH_CORRUPT_FILE';

/** What keeps the store from starting. Requests get errors of the imitated protocol instead (`EsError`). */
export class SearchStoreError extends Error {
  readonly code: SearchStoreErrorCode;
  constructor(code: SearchStoreErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'SearchStoreError';
    this.code = code;
  }
}
