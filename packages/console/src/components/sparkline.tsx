import type { ReactNode } from 'react';
import './sparkline.css';

interface SparklineProps {
  values: readonly number[];
  /** The sentence for those who do not see it. */
  label: string;
  width?: number;
  height?: number;
  /** As many steps as the whole width stands for; fewer values start at the right. */
  steps?: number;
  tone?: 'accent' | 'warning';
}

/** The last minute of a number: no axes, zero at the bottom, its highest at the top. */
export function Sparkline({
  values,
  label,
  width = 80,
  height = 20,
  steps = 60,
  tone = 'accent',
}: SparklineProps): ReactNode {
  const highest = Math.max(...values, 0);
  const step = width / Math.max(1, steps - 1);
  const baseline = height - 1;
  const points = values.map((value, index) => {
    const x = width - (values.length - 1 - index) * step;
    const y = highest === 0 ? baseline : baseline - (value / highest) * (height - 3);
    return `${x.toFixed(1)} ${y.toFixed(1)}`;
  });
  const first = width - (values.length - 1) * step;
  return (
    <svg
      className={`sparkline sparkline-${highest === 0 ? 'quiet' : tone}`}
      width={width}
      height={height}
      role="img"
      aria-label={label}
    >
      <path className="sparkline-base" d={`M0 ${height - 0.5}H${width}`} />
      {points.length > 1 && (
        <>
          <path
            className="sparkline-area"
            d={`M${first.toFixed(1)} ${baseline}L${points.join('L')}L${width} ${baseline}z`}
          />
          <path className="sparkline-line" d={`M${points.join('L')}`} />
        </>
      )}
    </svg>
  );
}
