import { type ReactNode, useEffect, useId, useMemo, useRef, useState } from 'react';
import { getJson } from '../api/http.ts';
import type { TopicList } from '../api/types.ts';
import { Dialog } from '../components/dialog.tsx';
import { Icon, type IconName } from '../components/icons.tsx';
import { useSettled } from '../components/numbers.tsx';
import { groupPath, pathOf, topicPath } from '../url/route.ts';
import { paused } from './live.ts';
import { navigate } from './navigation.tsx';
import type { Place } from './places.ts';
import { usePlatform } from './platform.ts';
import { themeSetting, zoneSetting } from './settings.ts';

interface Entry {
  id: string;
  group: 'Go to' | 'Topics' | 'Groups' | 'Do';
  name: string;
  icon: IconName;
  run: () => void;
}

const perGroupMax = 8;

/** Ctrl-K: every place, topic, group and action by typing a part of its name. */
export function Palette({
  places,
  onHelp,
  onClose,
}: {
  places: readonly Place[];
  onHelp: () => void;
  onClose: () => void;
}): ReactNode {
  const [text, setText] = useState('');
  const [index, setIndex] = useState(0);
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const topics = useTopicNames(useSettled(text, 120));
  const { groups } = usePlatform();

  const entries = useMemo(() => {
    const all: Entry[] = [
      ...places.map(
        (place): Entry => ({
          id: place.id,
          group: 'Go to',
          name: place.name,
          icon: place.icon,
          run: () => navigate(place.path),
        }),
      ),
      ...topics.map(
        (name): Entry => ({
          id: `topic:${name}`,
          group: 'Topics',
          name,
          icon: 'topics',
          run: () => navigate(topicPath(name)),
        }),
      ),
      ...[...groups.keys()].map(
        (name): Entry => ({
          id: `group:${name}`,
          group: 'Groups',
          name,
          icon: 'groups',
          run: () => navigate(groupPath(name)),
        }),
      ),
      ...actions(onHelp),
    ];
    const wanted = text.trim().toLowerCase();
    const counts = new Map<string, number>();
    return all.filter((entry) => {
      if (!isMatch(entry.name.toLowerCase(), wanted)) return false;
      const count = (counts.get(entry.group) ?? 0) + 1;
      counts.set(entry.group, count);
      return count <= perGroupMax;
    });
  }, [text, topics, groups, places, onHelp]);

  const current = entries[Math.min(index, entries.length - 1)];
  const choose = (entry: Entry | undefined): void => {
    if (!entry) return;
    onClose();
    entry.run();
  };
  useEffect(() => {
    if (index >= 0) list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  }, [index]);

  return (
    <Dialog label="Search or jump to" onClose={onClose} className="palette">
      <div className="palette-input">
        <Icon name="search" />
        <input
          autoFocus
          role="combobox"
          aria-label="A place, topic, group or action"
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-activedescendant={current && `${id}-${current.id}`}
          placeholder="A place, topic, group or action"
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setIndex(0);
          }}
          onKeyDown={(event) => {
            const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
            if (step !== 0) {
              event.preventDefault();
              setIndex((index + step + entries.length) % Math.max(1, entries.length));
            } else if (event.key === 'Enter') {
              event.preventDefault();
              choose(current);
            }
          }}
        />
      </div>
      <div className="palette-list" role="listbox" aria-label="Matches" id={`${id}-list`} ref={list}>
        {entries.map((entry, place) => (
          <div key={entry.id} role="presentation">
            {entry.group !== entries[place - 1]?.group && (
              <div className="palette-group" role="presentation">
                {entry.group}
              </div>
            )}
            {/* biome-ignore lint/a11y/useKeyWithClickEvents: the combobox handles the keys */}
            <div
              id={`${id}-${entry.id}`}
              role="option"
              tabIndex={-1}
              aria-selected={entry === current}
              className="palette-entry"
              onPointerMove={() => setIndex(place)}
              onClick={() => choose(entry)}
            >
              <Icon name={entry.icon} />
              <span className={`truncate ${entry.group === 'Topics' || entry.group === 'Groups' ? 'mono' : ''}`}>
                {entry.name}
              </span>
            </div>
          </div>
        ))}
        {entries.length === 0 && (
          <p className="palette-none">Nothing is called so. Topics and groups are found by a part of their name.</p>
        )}
      </div>
    </Dialog>
  );
}

function actions(onHelp: () => void): Entry[] {
  const isPaused = paused.get();
  const zone = zoneSetting.get();
  const make = (name: string, icon: IconName, run: () => void): Entry => ({
    id: `do:${name}`,
    group: 'Do',
    name,
    icon,
    run,
  });
  return [
    make('Create a topic', 'plus', () => navigate(`${pathOf({ page: 'topics' })}?panel=create`)),
    make(isPaused ? 'Resume everything' : 'Pause everything', isPaused ? 'play' : 'pause', () => paused.set(!isPaused)),
    make('Theme: light', 'sun', () => themeSetting.set('light')),
    make('Theme: dark', 'moon', () => themeSetting.set('dark')),
    make('Theme: as the system', 'system', () => themeSetting.set('system')),
    make(zone === 'utc' ? 'Show times in local time' : 'Show times in UTC', 'refresh', () =>
      zoneSetting.set(zone === 'utc' ? 'local' : 'utc'),
    ),
    make('Show keyboard shortcuts', 'help', onHelp),
  ];
}

/** All words of what was typed occur in the name, in any order. */
const isMatch = (name: string, wanted: string): boolean => wanted.split(/\s+/).every((word) => name.includes(word));

/** Topic names from the server's own search: a list of ten thousand is never fetched whole. */
function useTopicNames(text: string): string[] {
  const [names, setNames] = useState<string[]>([]);
  useEffect(() => {
    const controller = new AbortController();
    const query = new URLSearchParams({ search: text.trim(), pageSize: String(perGroupMax) });
    getJson<TopicList>(`/api/topics?${query}`, controller.signal).then(
      (list) => setNames(list.topics.map((topic) => topic.name)),
      // Offline: places and actions are still there, and the banner says the rest.
      () => {},
    );
    return () => controller.abort();
  }, [text]);
  return names;
}
