import type { KeyboardEvent, ReactNode } from 'react';
import { Icon } from '../../components/icons.tsx';
import { StateIcon } from '../../components/state.tsx';
import type { FlowNode } from '../../flow/graph.ts';
import { isStore, kindIcons, kindNames, noteOf } from './flow-words.ts';
import { nodeHeight } from './picture.ts';

interface NodeProps {
  node: FlowNode;
  at: { x: number; y: number } | undefined;
  width: number;
  isSelected: boolean;
  isFaint: boolean;
  onSelect: (id: string) => void;
  onKeyDown: (event: KeyboardEvent, id: string) => void;
}

export function Node({ node, at, width, isSelected, isFaint, onSelect, onKeyDown }: NodeProps): ReactNode {
  if (!at) return null;
  return (
    <button
      type="button"
      data-node={node.id}
      className={`flow-node flow-node-${node.kind} ${isSelected ? 'flow-selected' : ''} ${isFaint ? 'flow-faint' : ''} flow-health-${node.health}`}
      style={{ transform: `translate(${at.x}px, ${at.y}px)`, width, height: nodeHeight }}
      aria-pressed={isSelected}
      title={node.name}
      onClick={() => onSelect(node.id)}
      onKeyDown={(event) => onKeyDown(event, node.id)}
    >
      <span className="visually-hidden">{kindNames[node.kind]} </span>
      {node.kind !== 'topic' && (
        <span className="flow-node-icon">
          <Icon name={kindIcons[node.kind]} />
        </span>
      )}
      <span className="flow-node-text">
        <span className="flow-node-name">{node.name}</span>
        <span className="flow-node-note">{noteOf(node)}</span>
      </span>
      {!isStore(node) && <StateIcon health={node.health} />}
    </button>
  );
}
