import { type ReactNode, useMemo } from 'react';
import { getText } from '../../api/http.ts';
import { useFetch } from '../../api/use-fetch.ts';
import { setParams, useParams } from '../../app/navigation.tsx';
import { IconButton, Segments } from '../../components/controls.tsx';
import { JsonView, RawText } from '../../components/json-view.tsx';
import { Empty, Failure, Loading } from '../../components/notice.tsx';
import { Bytes } from '../../components/numbers.tsx';
import { Fact, Facts, Panel, PanelSection } from '../../components/panel.tsx';
import { copyText } from '../../components/toasts.tsx';
import { nodeAt, parseJson, textOf } from '../../json/parse.ts';
import { choiceParam } from '../../url/search-params.ts';

import { FollowButton } from '../follow/follow-button.tsx';

const readAs = [
  { value: 'pretty', name: 'Pretty' },
  { value: 'raw', name: 'Raw' },
] as const;

/** One document, its `_source` as the very text that was indexed. */
export function DocumentPanel({ index, id, onClose }: { index: string; id: string; onClose: () => void }): ReactNode {
  const path = `/api/search/${encodeURIComponent(index)}/_doc/${encodeURIComponent(id)}`;
  const { data, error, reload } = useFetch<string>(path, getText);
  const as = choiceParam(useParams().get('as'), ['pretty', 'raw']);
  const parsed = useMemo(() => (data === null ? null : readDocument(data)), [data]);
  return (
    <Panel
      label={`Document ${id}`}
      title={<span className="mono truncate">{id}</span>}
      subtitle={index}
      onClose={onClose}
      footer={<FollowButton subject={{ kind: 'document', index, id }} />}
    >
      {error?.status === 404 ? (
        <Empty title="This document is not there">
          <p>It was deleted, or is in another index.</p>
        </Empty>
      ) : error && !data ? (
        <Failure title="The document did not come" error={error} onRetry={reload} />
      ) : !parsed ? (
        <Loading rows={5} />
      ) : (
        <>
          <Facts>
            <Fact name="Id">
              <span className="mono">{id}</span>
            </Fact>
            <Fact name="Version">
              <span className="mono">{parsed.version ?? '–'}</span>
            </Fact>
            <Fact name="Size">
              <Bytes value={new TextEncoder().encode(parsed.source).length} />
            </Fact>
          </Facts>
          <PanelSection
            title="Source"
            tools={
              <>
                <Segments
                  label="Read the document as"
                  value={as}
                  choices={readAs}
                  onChange={(value) => setParams({ as: value === 'pretty' ? null : value }, { replace: true })}
                />
                <IconButton
                  icon="copy"
                  name="Copy the document"
                  onClick={() => void copyText(parsed.source, 'Document')}
                />
              </>
            }
          >
            {as === 'raw' ? (
              <RawText text={parsed.source} label="Source" />
            ) : (
              <JsonView text={parsed.source} label="Source" />
            )}
          </PanelSection>
        </>
      )}
    </Panel>
  );
}

function readDocument(text: string): { source: string; version: string | undefined } {
  const root = parseJson(text);
  return {
    source: textOf(text, nodeAt(text, root, ['_source'])) ?? '{}',
    version: textOf(text, nodeAt(text, root, ['_version'])),
  };
}
