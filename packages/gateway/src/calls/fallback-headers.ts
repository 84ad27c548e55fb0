import { headerValue } from '../proxy/header-list.ts';
import type { FilterKind } from '../routes/filters/filter.ts';

const names = {
  executionExceptionTypeHeaderName: 'Execution-Exception-Type',
  executionExceptionMessageHeaderName: 'Execution-Exception-Message',
  rootCauseExceptionTypeHeaderName: 'Root-Cause-Exception-Type',
  rootCauseExceptionMessageHeaderName: 'Root-Cause-Exception-Message',
} as const;

/**
 * `FallbackHeaders`: tells the service that answers instead of another why that one did not, in four headers whose names can be given.
 * The types are the gateway's codes, and the system's (`ECONNREFUSED`) for the root cause. What a caller sends under these names is
 * taken away.
 */
export const fallbackHeaders: FilterKind = {
  name: 'FallbackHeaders',
  shape: { fields: ['name', ...Object.keys(names)] },
  create(args) {
    const [type, message, rootType, rootMessage] = Object.entries(names).map(([field, fallback]) =>
      args.has(field) ? args.headerName(field) : fallback,
    ) as [string, string, string, string];
    return {
      request({ headers, call }) {
        for (const name of [type, message, rootType, rootMessage]) headers.remove(name);
        const { failure } = call;
        if (failure === undefined) return;
        headers.add(type, failure.code);
        headers.add(message, headerValue(failure.message));
        let root: unknown = failure;
        while (root instanceof Error && root.cause !== undefined) root = root.cause;
        const { code, name, message: text } = root as NodeJS.ErrnoException;
        headers.add(rootType, String(code ?? name));
        headers.add(rootMessage, headerValue(String(text)));
      },
    };
  },
};
