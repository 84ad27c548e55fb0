import { ApiKey, apis, ErrorCode } from '@headwater/protocol';
import { features } from '../features.ts';
import { defineHandler } from './handler.ts';
import { servedApis } from './served-apis.ts';

/*
 * ApiVersions (18), versions 0-4: https://kafka.apache.org/protocol#The_Messages_ApiVersions
 *
 * Differences from Kafka: only features of protocols that are served are told of. A version above 4 is answered in version 0 with
 * UNSUPPORTED_VERSION (see dispatch.ts), as Kafka does. Version 3 brings the client's name and version, and features.
 */
export const apiVersions = defineHandler({
  apiKey: ApiKey.ApiVersions,
  minVersion: 0,
  maxVersion: 4,
  handle(_context, body, request) {
    if (request.apiVersion >= 3) {
      const { clientSoftwareName, clientSoftwareVersion } = body;
      if (!isSoftwareName(clientSoftwareName) || !isSoftwareName(clientSoftwareVersion)) {
        return { errorCode: ErrorCode.INVALID_REQUEST, apiKeys: [] };
      }
      request.connection.clientSoftware = `${clientSoftwareName} ${clientSoftwareVersion}`;
    }
    return {
      errorCode: 0,
      apiKeys: apiKeys(),
      // Older clients take a least level of 0 for a fault (KAFKA-17011).
      supportedFeatures: features
        .filter(({ minVersion }) => minVersion > 0 || request.apiVersion >= 4)
        .map(({ name, minVersion, maxVersion }) => ({ name, minVersion, maxVersion })),
      finalizedFeaturesEpoch: features.length === 0 ? -1 : 1,
      // Level 0 is that of a feature that is not in use.
      finalizedFeatures: features
        .filter(({ finalizedVersion }) => finalizedVersion > 0)
        .map(({ name, finalizedVersion }) => ({
          name,
          minVersionLevel: finalizedVersion,
          maxVersionLevel: finalizedVersion,
        })),
    };
  },
});

export function apiKeys() {
  return servedApis().map(({ apiKey, minVersion, maxVersion }) => ({
    apiKey,
    // Some clients only turn on features when old versions are listed, which they then do not use (KAFKA-18659).
    minVersion: Math.min(minVersion, apis[apiKey].advertisedMinVersion),
    maxVersion,
  }));
}

/** The form that KIP-511 asks for. */
function isSoftwareName(text: string): boolean {
  return /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/.test(text);
}
