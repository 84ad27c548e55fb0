import type { EdgePath } from '../../flow/path.ts';

export interface Lane {
  id: string;
  path: EdgePath;
  perSecond: number;
  isFaint: boolean;
}

interface Moving {
  lane: Lane;
  /** Pixels from the start of the path. */
  at: number;
}

const speedPxPerSecond = 84;
const frameMs = 38;
const movingMax = 600;

/** Dots a second for a rate: up to four each record is a dot; above, ten times the rate is seven dots more. */
export function dotsPerSecond(perSecond: number): number {
  if (perSecond <= 0) return 0;
  return perSecond <= 4 ? perSecond : Math.min(24, 4 + 7 * Math.log10(perSecond / 4));
}

/**
 * Records on their way along the edges, drawn on one canvas at some 25 pictures a second: a few dozen discs a picture, one
 * path. It sleeps when nothing flows, when the page is hidden, paused, out of sight, or when motion is not wanted.
 */
export class RecordMotion {
  private readonly canvas: HTMLCanvasElement;
  private readonly context: CanvasRenderingContext2D | null;
  private lanes: Lane[] = [];
  private moving: Moving[] = [];
  private readonly due = new Map<string, number>();
  private view = { x: 0, y: 0, scale: 1, width: 0, height: 0 };
  private colour = '#888';
  private frame = 0;
  private lastAtMs = 0;
  private isAllowed = false;

  constructor(canvas: HTMLCanvasElement) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d');
  }

  setLanes(lanes: Lane[]): void {
    const byId = new Map(lanes.map((lane) => [lane.id, lane]));
    this.lanes = lanes;
    this.moving = this.moving.flatMap((dot) => {
      const lane = byId.get(dot.lane.id);
      return lane && lane.path.length === dot.lane.path.length ? [{ lane, at: dot.at }] : [];
    });
    for (const id of this.due.keys()) if (!byId.has(id)) this.due.delete(id);
    // The theme may have changed: the colour is whatever CSS says now.
    this.colour = getComputedStyle(this.canvas).color;
    this.wake();
  }

  /** What part of the drawing is seen, in CSS pixels. */
  setView(view: RecordMotion['view']): void {
    this.view = view;
    const ratio = Math.min(2, devicePixelRatio);
    const width = Math.round(view.width * ratio);
    const height = Math.round(view.height * ratio);
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    this.draw();
  }

  setAllowed(isAllowed: boolean): void {
    this.isAllowed = isAllowed;
    if (!isAllowed) {
      this.moving = [];
      this.draw();
    }
    this.wake();
  }

  close(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.isAllowed = false;
  }

  private wake(): void {
    if (this.frame !== 0 || !this.isAllowed) return;
    this.lastAtMs = performance.now();
    this.frame = requestAnimationFrame(this.tick);
  }

  private tick = (nowMs: number): void => {
    const isMoving = this.moving.length > 0 || this.lanes.some((lane) => lane.perSecond > 0);
    if (!this.isAllowed || !isMoving) {
      this.frame = 0;
      return;
    }
    this.frame = requestAnimationFrame(this.tick);
    if (nowMs - this.lastAtMs < frameMs) return;
    // After a pause (another tab) nothing is caught up.
    const elapsedMs = Math.min(100, nowMs - this.lastAtMs);
    this.lastAtMs = nowMs;
    this.step(elapsedMs / 1000);
    this.draw();
  };

  private step(seconds: number): void {
    for (const dot of this.moving) dot.at += speedPxPerSecond * seconds;
    this.moving = this.moving.filter((dot) => dot.at <= dot.lane.path.length);
    for (const lane of this.lanes) {
      const rate = dotsPerSecond(lane.perSecond);
      if (rate === 0) continue;
      let wait = (this.due.get(lane.id) ?? Math.random() / rate) - seconds;
      while (wait <= 0) {
        if (this.moving.length < movingMax) this.moving.push({ lane, at: -wait * speedPxPerSecond });
        // Not quite even, as records are.
        wait += (0.6 + Math.random() * 0.8) / rate;
      }
      this.due.set(lane.id, wait);
    }
  }

  private draw(): void {
    const { context, view } = this;
    if (!context) return;
    const ratio = Math.min(2, devicePixelRatio);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    if (this.moving.length === 0) return;
    context.setTransform(ratio * view.scale, 0, 0, ratio * view.scale, -view.x * ratio, -view.y * ratio);
    context.fillStyle = this.colour;
    for (const isFaint of [true, false]) {
      context.globalAlpha = isFaint ? 0.25 : 1;
      context.beginPath();
      for (const dot of this.moving) if (dot.lane.isFaint === isFaint) disc(context, dot);
      context.fill();
    }
  }
}

function disc(context: CanvasRenderingContext2D, { lane, at }: Moving): void {
  const { samples, stepPx } = lane.path;
  const index = Math.floor(at / stepPx) * 2;
  const part = at / stepPx - Math.floor(at / stepPx);
  const x = samples[index] ?? 0;
  const y = samples[index + 1] ?? 0;
  const px = x + ((samples[index + 2] ?? x) - x) * part;
  const py = y + ((samples[index + 3] ?? y) - y) * part;
  context.moveTo(px + 2.25, py);
  context.arc(px, py, 2.25, 0, 7);
}
