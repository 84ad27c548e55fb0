import { ApiKey, ErrorCode, type UpdateFeaturesRequest } from '@headwater/protocol';
import { features } from '../features.ts';
import { AclOperation, isAllowedOnCluster } from '../security/authorizer.ts';
import { defineHandler } from './handler.ts';

const [upgrade, safeDowngrade, unsafeDowngrade] = [1, 2, 3];

/*
 * UpdateFeatures (57), versions 0-2: https://kafka.apache.org/protocol#The_Messages_UpdateFeatures
 *
 * Differences from Kafka: the level of a feature belongs to this version of the broker. An update to the level in force is done, any
 * other that Kafka would do is refused with INVALID_UPDATE_VERSION. Version 1 adds the type of upgrade and validateOnly; 2 tells no
 * single results.
 */
export const updateFeatures = defineHandler({
  apiKey: ApiKey.UpdateFeatures,
  minVersion: 0,
  maxVersion: 2,
  handle(context, body, { apiVersion, connection }) {
    if (!isAllowedOnCluster(context.authorizer, connection, AclOperation.ALTER)) {
      const errorMessage = 'Cluster authorization failed.';
      return { throttleTimeMs: 0, errorCode: ErrorCode.CLUSTER_AUTHORIZATION_FAILED, errorMessage, results: [] };
    }
    for (const update of body.featureUpdates) {
      const problem = problemOf(update, apiVersion, context.brokerId);
      if (problem === null) continue;
      const { feature, maxVersionLevel } = update;
      const errorMessage =
        'The update failed for all features since the following feature had an error: ' +
        `Invalid update version ${maxVersionLevel} for feature ${feature}. ${problem}`;
      return { throttleTimeMs: 0, errorCode: ErrorCode.INVALID_UPDATE_VERSION, errorMessage, results: [] };
    }
    const results =
      apiVersion >= 2
        ? []
        : body.featureUpdates.map(({ feature }) => ({ feature, errorCode: 0, errorMessage: 'NONE' }));
    return { throttleTimeMs: 0, errorCode: 0, errorMessage: null, results };
  },
});

type FeatureUpdate = UpdateFeaturesRequest['featureUpdates'][number];

function problemOf(update: FeatureUpdate, apiVersion: number, brokerId: number): string | null {
  const { feature, maxVersionLevel } = update;
  const upgradeType = apiVersion === 0 ? (update.allowDowngrade ? safeDowngrade : upgrade) : update.upgradeType;
  const known = features.find(({ name }) => name === feature);
  if (upgradeType !== upgrade && upgradeType !== safeDowngrade && upgradeType !== unsafeDowngrade) {
    return 'The controller does not support the given upgrade type.';
  }
  if (maxVersionLevel < 0) return 'A feature version cannot be less than 0.';
  if (known === undefined) {
    if (maxVersionLevel === 0) return `Feature ${feature} not found.`;
    return `Local controller ${brokerId} does not support this feature.`;
  }
  const { finalizedVersion, maxVersion, minVersion } = known;
  if (maxVersionLevel < minVersion || maxVersionLevel > maxVersion) {
    return `Local controller ${brokerId} only supports versions ${minVersion}-${maxVersion}`;
  }
  if (maxVersionLevel < finalizedVersion && upgradeType === upgrade) {
    return "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade.";
  }
  if (maxVersionLevel === finalizedVersion) return null;
  return `Its level is ${finalizedVersion} in this version of the broker and cannot be changed.`;
}
