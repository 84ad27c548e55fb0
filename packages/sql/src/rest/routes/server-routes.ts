import type { HttpContext } from '@headwater/http';
import { ApiError, errorCodes } from '../api-error.ts';
import { answerJson, type RouteHost } from './route-host.ts';

/** `GET /info`. */
export async function handleInfo(ctx: HttpContext, { service }: RouteHost): Promise<void> {
  const { version, kafkaClusterId, serviceId } = await service.info();
  answerJson(ctx, {
    KsqlServerInfo: { version, kafkaClusterId, ksqlServiceId: serviceId, serverStatus: 'RUNNING' },
  });
}

/** `GET /healthcheck`: 200 also when something is not well; the body tells. */
export async function handleHealth(ctx: HttpContext, { service }: RouteHost): Promise<void> {
  const { metastore, kafka, commandRunner } = await service.health();
  const detail = (isHealthy: boolean) => ({ isHealthy });
  answerJson(ctx, {
    isHealthy: metastore && kafka && commandRunner,
    details: { metastore: detail(metastore), kafka: detail(kafka), commandRunner: detail(commandRunner) },
    serverState: 'READY',
  });
}

/** `GET /clusterStatus`: this server alone; others are seen on Kafka. */
export function handleClusterStatus(ctx: HttpContext, host: RouteHost): void {
  const status = { hostAlive: true, lastStatusUpdateMs: Date.now(), activeStandbyPerQuery: {}, hostStoreLags: {} };
  answerJson(ctx, {
    clusterStatus: { [host.address()]: { ...status, hostStoreLags: { stateStoreLags: {}, updateTimeMs: 0 } } },
  });
}

/** `GET /status`. */
export function handleStatuses(ctx: HttpContext, { service }: RouteHost): void {
  const statuses = [...service.commandStatuses()].map(([id, { status }]) => [id, status]);
  answerJson(ctx, { commandStatuses: Object.fromEntries(statuses) });
}

/** `GET /status/{type}/{name}/{action}`. */
export function handleStatus(ctx: HttpContext, { service }: RouteHost): void {
  const { type, entity, action } = ctx.params;
  const status = service.commandStatuses().get(`${type}/${entity}/${action}`);
  if (status === undefined) throw new ApiError(errorCodes.notFound, 'Command not found');
  answerJson(ctx, status);
}

/** `GET /is_valid_property/{name}`. */
export function handleProperty(ctx: HttpContext, { service }: RouteHost): void {
  service.checkProperty(ctx.params['name']!);
  answerJson(ctx, true);
}

/** `GET /v1/metadata`. */
export async function handleMetadata(ctx: HttpContext, { service }: RouteHost): Promise<void> {
  const { version, kafkaClusterId, serviceId } = await service.info();
  answerJson(ctx, { version, clusterId: clusterId(kafkaClusterId, serviceId) });
}

/** `GET /v1/metadata/id`. */
export async function handleMetadataId(ctx: HttpContext, { service }: RouteHost): Promise<void> {
  const { kafkaClusterId, serviceId } = await service.info();
  answerJson(ctx, clusterId(kafkaClusterId, serviceId));
}

function clusterId(kafkaClusterId: string, serviceId: string) {
  return {
    scope: { path: [], clusters: { 'kafka-cluster': kafkaClusterId, 'ksql-cluster': serviceId } },
    id: '',
  };
}
