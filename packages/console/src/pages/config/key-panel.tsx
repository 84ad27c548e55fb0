import type { ReactNode } from 'react';
import type { ConfigKey } from '../../api/config.ts';
import { Fact, Facts, Panel, PanelSection } from '../../components/panel.tsx';
import { placeText, shown } from './config-page.tsx';

/** One key: who wins, with what, and who lost. */
export function KeyPanel(props: { row: ConfigKey; version: string | null; onClose: () => void }): ReactNode {
  const { row, version, onClose } = props;
  return (
    <Panel label={`Key ${row.key}`} title={<span className="mono">{row.key}</span>} onClose={onClose}>
      <Facts>
        <Fact name="Value">
          <span className="mono config-wrap">{shown(row.value)}</span>
        </Fact>
        {row.resolved !== undefined && (
          <Fact name="Filled in">
            <span className="mono config-wrap">{row.resolved}</span>
          </Fact>
        )}
        <Fact name="From">{placeText(row)}</Fact>
        <Fact name="Source">
          <span className="mono config-wrap">{row.source}</span>
        </Fact>
        {version !== null && (
          <Fact name="Commit">
            <span className="mono">{version.slice(0, 12)}</span>
          </Fact>
        )}
      </Facts>
      <PanelSection title={row.overridden.length === 0 ? 'Nothing else gives this key' : 'Overrides'}>
        <ol className="config-losers">
          {row.overridden.map((place, index) => (
            <li key={`${place.source} ${index}`}>
              <span className="mono config-wrap">{shown(place.value)}</span>
              <span className="muted" title={place.source}>
                {placeText(place)}
              </span>
            </li>
          ))}
        </ol>
      </PanelSection>
    </Panel>
  );
}
