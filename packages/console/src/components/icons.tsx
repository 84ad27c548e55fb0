import type { ReactNode } from 'react';

/** One set, drawn on 16 px with a 1.5 px line. Icons say nothing alone: the button or the text beside has the name. */
const paths = {
  map: 'M2 4.5h3.2M2 11.5h3.2M10.8 8H14M5.2 4.5C8 4.5 8 8 10.8 8M5.2 11.5C8 11.5 8 8 10.8 8',
  tweets: 'M2.5 3.5h11v7.5H7l-3 2.5V11H2.5zM5 6.2h6M5 8.4h3.5',
  topics: 'M2 4h12M2 8h12M2 12h12M5 2.7v2.6M10 6.7v2.6M7 10.7v2.6',
  groups: 'M2 8h2.5M9.5 3.5H14M9.5 8H14M9.5 12.5H14M4.5 8h5M5 8c2.5 0 2-4.5 4.5-4.5M5 8c2.5 0 2 4.5 4.5 4.5',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3 13.5 13.5',
  sql: 'M2 3h12v10H2zM4.5 6 6.500 8l-2 2M8 10.500h3.500',
  gateway: 'M2.5 13.500V6a5.500 5.500 0 0 1 11 0v7.500M6 13.500V7a2 2 0 0 1 4 0v6.500M1 13.500h14',
  config: 'M2 4.500h6.500M11.5 4.500H14M10 3v3M2 11.500h2.500M7.5 11.500H14M6 10v3',
  source: 'M3 8h9M8.5 4.5 12 8l-3.5 3.5M3 3.5v9',
  service: 'M8 2.2 13 5v6l-5 2.8L3 11V5zM3 5l5 2.8L13 5M8 7.8v6',
  index:
    'M3 4.2C3 3.1 5.2 2.3 8 2.3s5 .8 5 1.9v7.6c0 1.1-2.2 1.9-5 1.9s-5-.8-5-1.9zM3 4.2c0 1.1 2.2 1.9 5 1.9s5-.8 5-1.9M3 8c0 1.1 2.2 1.9 5 1.9S13 9.1 13 8',
  reader:
    'M1.8 8S4 3.8 8 3.8 14.2 8 14.2 8 12 12.2 8 12.2 1.8 8 1.8 8zM8 6.200a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.600z',
  sun: 'M8 5.200a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.600zM8 1.500v1.300M8 13.200v1.300M1.5 8h1.300M13.2 8h1.300M3.4 3.400l.9.9M11.7 11.700l.9.9M12.6 3.400l-.9.9M4.3 11.700l-.9.9',
  moon: 'M13.3 9.600A5.6 5.6 0 0 1 6.4 2.700a5.6 5.6 0 1 0 6.9 6.900z',
  system: 'M2 3h12v8H2zM6 13.500h4M8 11v2.5',
  pause: 'M5.5 3.500v9M10.5 3.500v9',
  stop: 'M4 4h8v8H4z',
  play: 'M5 3.200v9.600L12.5 8z',
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  trash: 'M3 4.500h10M6.5 4.500v-1.700h3v1.700M4.3 4.500l.6 8.700h6.200l.6-8.700M6.8 7v4M9.2 7v4',
  copy: 'M5.5 5.500h7.500v8H5.500zM10.5 5.500v-3H3v8h2.5',
  check: 'M3 8.5 6.5 12 13 4.5',
  close: 'M4 4l8 8M12 4l-8 8',
  right: 'M6 3.5 10.5 8 6 12.5',
  left: 'M10 3.5 5.5 8l4.5 4.5',
  down: 'M3.5 6 8 10.5 12.5 6',
  up: 'M3.5 10 8 5.500l4.5 4.5',
  arrowDown: 'M8 3v10M4 9l4 4 4-4',
  arrowUp: 'M8 13V3M4 7l4-4 4 4',
  refresh: 'M13 8a5 5 0 1 1-1.5-3.500M13 2.500v2.700h-2.7',
  help: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM6.3 6.300c.1-1 .8-1.6 1.7-1.600s1.7.6 1.7 1.500c0 1.2-1.7 1.3-1.7 2.500M8 10.900v.3',
  user: 'M8 2.500a2.7 2.7 0 1 0 0 5.4 2.7 2.7 0 0 0 0-5.4zM2.800 13.500c.4-2.500 2.400-4 5.200-4s4.800 1.500 5.200 4',
  edit: 'M3 13l.6-2.800L10.8 3l2.2 2.2-7.2 7.200zM9.3 4.500l2.2 2.2',
  send: 'M2.5 8 13.5 3l-3 10.5-3-4zM7.5 9.500l6-6.5',
  fit: 'M2.5 6V2.500H6M10 2.500h3.500V6M13.5 10v3.500H10M6 13.500H2.500V10',
  table: 'M2.5 3h11v10h-11zM2.5 6.300h11M2.5 9.700h11M6.5 6.300V13',
  focus: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1.500v2M8 12.500v2M1.5 8h2M12.5 8h2',
  download: 'M8 2.500v7.500M4.8 7 8 10.2 11.2 7M3 13.500h10',
  time: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 4.800V8l2.2 1.500',
  traces: 'M2 3.500h7M4.500 8H14M7.500 12.500h4.500',
  logs: 'M2 3.500h1.500M6 3.500h8M2 8h1.500M6 8h6M2 12.500h1.500M6 12.500h7',
  alerts:
    'M8 2.300a3.700 3.700 0 0 0-3.700 3.700c0 3.500-1.300 4.700-1.800 5.200h11c-.5-.5-1.800-1.700-1.800-5.200A3.700 3.700 0 0 0 8 2.300zM6.700 13.200a1.400 1.400 0 0 0 2.600 0',
  metrics: 'M2 2.500v11h12M4.500 10.500 7.200 6.800l2.400 2 3.900-5',
  template: 'M2.500 3.500h11M2.500 8h4M9.500 8h4M2.500 12.500h7',
  follow:
    'M3.500 2.500a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3zM12.500 10.500a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3zM5 4h4a2.500 2.500 0 0 1 0 5H7a1.500 1.500 0 0 0 0 3h4',
  out: 'M9 3h4v4M13 3 7.500 8.500M11 9.500V13H3V5h3.500',
  live: 'M8 6.800a1.2 1.2 0 1 0 0 2.4 1.2 1.2 0 0 0 0-2.400zM5 5a4.2 4.2 0 0 0 0 6M11 5a4.2 4.2 0 0 1 0 6M3 3a7 7 0 0 0 0 10M13 3a7 7 0 0 1 0 10',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }): ReactNode {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={paths[name]} />
    </svg>
  );
}

/** Streams that meet: the mark of the product. */
export function Logo(): ReactNode {
  return (
    <svg
      width="22"
      height="22"
      viewBox="0 0 32 32"
      fill="none"
      stroke="var(--accent)"
      strokeWidth="3.2"
      strokeLinecap="round"
      aria-hidden="true"
    >
      <path d="M4 7c8 0 8 9 16 9h8" />
      <path d="M4 16h24" opacity=".55" />
      <path d="M4 25c8 0 8-9 16-9" opacity=".8" />
    </svg>
  );
}
