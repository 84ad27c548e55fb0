import { HttpError } from '@headwater/http';
import type { FilterKind } from './filter.ts';

/** `RequestSize=5MB`: by Content-Length at once, and counted while a body without one streams. */
export const requestSize: FilterKind = {
  name: 'RequestSize',
  shape: { fields: ['maxSize'] },
  create(args) {
    const maxBytes = args.sizeBytes('maxSize', '5MB');
    return {
      request(draft) {
        draft.maxBodyBytes = Math.min(draft.maxBodyBytes ?? maxBytes, maxBytes);
        const declared = draft.headers.get('content-length');
        if (declared !== undefined && Number(declared) > maxBytes)
          throw new HttpError(
            413,
            'HW_GATEWAY_BODY_TOO_LARGE',
            `the body is larger than the ${maxBytes} bytes of this route`,
            { maxBytes },
          );
      },
    };
  },
};

/** `RequestHeaderSize=1000B`: each field, name and value together. */
export const requestHeaderSize: FilterKind = {
  name: 'RequestHeaderSize',
  shape: { fields: ['maxSize'] },
  create(args) {
    const maxBytes = args.sizeBytes('maxSize', '16000B');
    return {
      request(draft) {
        const { raw } = draft.headers;
        for (let i = 0; i < raw.length; i += 2) {
          const sizeBytes = raw[i]!.length + raw[i + 1]!.length;
          if (sizeBytes > maxBytes)
            throw new HttpError(
              431,
              'HW_GATEWAY_HEADER_TOO_LARGE',
              `header ${raw[i]!.slice(0, 60)} has ${sizeBytes} bytes: this route allows ${maxBytes}`,
              { maxBytes },
            );
        }
      },
    };
  },
};
