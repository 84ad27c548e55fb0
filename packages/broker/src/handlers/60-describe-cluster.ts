import { ApiKey, ErrorCode } from '@headwater/protocol';
import { clusterAuthorizedOperations, operationsNotRequested } from '../topics/authorized-operations.ts';
import { defineHandler } from './handler.ts';

/*
 * DescribeCluster (60), versions 0-2: https://kafka.apache.org/protocol#The_Messages_DescribeCluster
 *
 * Differences from Kafka: one broker, never fenced. This is no controller's endpoint (type 2): MISMATCHED_ENDPOINT_TYPE, as from a
 * Kafka broker.
 */
export const describeCluster = defineHandler({
  apiKey: ApiKey.DescribeCluster,
  minVersion: 0,
  maxVersion: 2,
  handle(context, body, request) {
    const { brokerId, clusterId, config } = context;
    const { endpointType } = body;
    if (endpointType !== 1) {
      const errorCode = endpointType === 2 ? ErrorCode.MISMATCHED_ENDPOINT_TYPE : ErrorCode.UNSUPPORTED_ENDPOINT_TYPE;
      const errorMessage = 'The request was sent to an endpoint of type BROKER.';
      return { throttleTimeMs: 0, errorCode, errorMessage, endpointType, clusterId: '', brokers: [] };
    }
    const rack = config.text('broker.rack') || null;
    const broker = { brokerId, ...context.endpointFor(request.connection), rack, isFenced: false };
    return {
      throttleTimeMs: 0,
      errorCode: 0,
      endpointType,
      clusterId,
      controllerId: brokerId,
      brokers: [broker],
      clusterAuthorizedOperations: body.includeClusterAuthorizedOperations
        ? clusterAuthorizedOperations(context, request.connection)
        : operationsNotRequested,
    };
  },
});
