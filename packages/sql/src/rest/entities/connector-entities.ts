import type { ConnectorState } from '../../connect/connect-client.ts';
import type { EntityHead } from './entity.ts';
import type { SourceDescription } from './source-entities.ts';

/** As Kafka Connect's REST API tells them. */
export interface ConnectorCreated extends EntityHead {
  readonly '@type': 'connector_info';
  readonly info: unknown;
}

export interface ConnectorList extends EntityHead {
  readonly '@type': 'connector_list';
  readonly connectors: readonly {
    readonly name: string;
    readonly type: string;
    readonly className?: string;
    readonly state?: string;
  }[];
}

export interface ConnectorPlugins extends EntityHead {
  readonly '@type': 'connector_plugins_list';
  readonly connectorsPlugins: readonly {
    readonly className: string;
    readonly type?: string;
    readonly version?: string;
  }[];
}

export interface ConnectorDescription extends EntityHead {
  readonly '@type': 'connector_description';
  readonly connectorClass: string;
  readonly status: ConnectorState;
  readonly sources: readonly SourceDescription[];
  readonly topics: readonly string[];
}

export interface ConnectorDropped extends EntityHead {
  readonly '@type': 'drop_connector';
  readonly connectorName: string;
}
