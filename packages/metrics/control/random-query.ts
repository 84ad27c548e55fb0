/** Queries of the whole language, over the series of random-samples.ts: of the right types, not always of any sense. */
export class RandomQuery {
  readonly #random: () => number;
  readonly #startSeconds: number;
  readonly #endSeconds: number;

  constructor(random: () => number, startMs: number, endMs: number) {
    this.#random = random;
    this.#startSeconds = Math.floor(startMs / 1_000);
    this.#endSeconds = Math.floor(endMs / 1_000);
  }

  next(): string {
    return this.#chance(0.9) ? this.vector(3) : this.scalar(3);
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)]!;
  }

  #chance(of: number): boolean {
    return this.#random() < of;
  }

  #duration(): string {
    return this.#pick(['15s', '30s', '1m', '90s', '2m30s', '5m', '7m', '10m', '1h', '17s500ms']);
  }

  #number(): string {
    return this.#pick(['0', '1', '2', '0.5', '-1', '1e3', '0.9', '100', '3.7', 'NaN', 'Inf', '-Inf']);
  }

  #labels(): string {
    const all = ['job', 'instance', 'zone', 'kind', 'le'];
    return all.filter(() => this.#chance(0.35)).join(', ');
  }

  #selector(): string {
    const name = this.#pick(['requests_total', 'level', 'kind', 'duration_seconds_bucket', 'level', 'missing']);
    const matcher = (): string =>
      this.#pick([
        'job="api"',
        'job!="db"',
        'job=~"a.*|web"',
        'instance!~"[01]"',
        'zone=""',
        'zone=~".+"',
        'zone!~"b|"',
        'instance=~"0|2"',
        'job=~"(api|db)"',
      ]);
    const matchers = this.#chance(0.5) ? '' : `{${[matcher(), ...(this.#chance(0.3) ? [matcher()] : [])].join(',')}}`;
    return this.#chance(0.05)
      ? `{__name__=~"level|kind"${matchers === '' ? '' : `,${matchers.slice(1)}`}${matchers === '' ? '}' : ''}`
      : name + matchers;
  }

  #shift(): string {
    let text = '';
    if (this.#chance(0.15)) text += ` offset ${this.#chance(0.3) ? '-' : ''}${this.#duration()}`;
    if (this.#chance(0.1)) {
      const seconds = this.#startSeconds + Math.floor(this.#random() * (this.#endSeconds - this.#startSeconds));
      text += ` @ ${this.#pick([String(seconds), 'start()', 'end()', `${seconds}.5`])}`;
    }
    return text;
  }

  #matrix(depth: number): string {
    if (depth > 0 && this.#chance(0.2))
      return `${this.#chance(0.5) ? this.#selector() : `(${this.vector(depth - 1)})`}[${this.#duration()}:${this.#pick(['15s', '20s', '30s', '1m', ''])}]${this.#shift()}`;
    return `${this.#selector()}[${this.#duration()}]${this.#shift()}`;
  }

  scalar(depth: number): string {
    if (depth <= 0 || this.#chance(0.6)) return this.#chance(0.8) ? this.#number() : this.#pick(['time()', 'pi()']);
    const which = this.#random();
    if (which < 0.3) return `scalar(${this.vector(depth - 1)})`;
    if (which < 0.4) return `-(${this.scalar(depth - 1)})`;
    if (which < 0.7)
      return `${this.scalar(depth - 1)} ${this.#pick(['+', '-', '*', '/', '%', '^', 'atan2'])} ${this.scalar(depth - 1)}`;
    return `(${this.scalar(depth - 1)} ${this.#pick(['==', '!=', '>', '<', '>=', '<='])} bool ${this.scalar(depth - 1)})`;
  }

  vector(depth: number): string {
    if (depth <= 0) return this.#selector() + this.#shift();
    const which = this.#random();
    if (which < 0.08) return this.#selector() + this.#shift();
    if (which < 0.36) return this.#overTime(depth);
    if (which < 0.56) return this.#aggregation(depth);
    if (which < 0.8) return this.#operation(depth);
    return this.#function(depth);
  }

  #overTime(depth: number): string {
    const matrix = this.#matrix(depth);
    const which = this.#random();
    if (which < 0.06) return `quantile_over_time(${this.scalar(1)}, ${matrix})`;
    if (which < 0.12) return `predict_linear(${matrix}, ${this.#pick(['60', '3600', '-30', 'time() / 1e6'])})`;
    if (which < 0.16)
      return `holt_winters(${matrix}, ${this.#pick(['0.1', '0.5', '0.9'])}, ${this.#pick(['0.2', '0.7'])})`;
    if (which < 0.2) return `absent_over_time(${matrix})`;
    const name = this.#pick([
      'rate',
      'increase',
      'delta',
      'irate',
      'idelta',
      'deriv',
      'sum_over_time',
      'avg_over_time',
      'min_over_time',
      'max_over_time',
      'count_over_time',
      'stddev_over_time',
      'stdvar_over_time',
      'last_over_time',
      'present_over_time',
      'changes',
      'resets',
      'rate',
    ]);
    return `${name}(${matrix})`;
  }

  #aggregation(depth: number): string {
    const modifier = this.#chance(0.7) ? ` ${this.#pick(['by', 'without'])} (${this.#labels()}) ` : '';
    const inner = this.vector(depth - 1);
    const which = this.#random();
    if (which < 0.12)
      return `${this.#pick(['topk', 'bottomk'])}${modifier}(${this.#pick(['1', '2', '3', '0', '100'])}, ${inner})`;
    if (which < 0.2) return `quantile${modifier}(${this.#pick(['0.5', '0.9', '0', '1', '-1', '2', 'NaN'])}, ${inner})`;
    if (which < 0.27) return `count_values${modifier}("v", ${inner})`;
    const operator = this.#pick(['sum', 'avg', 'min', 'max', 'count', 'group', 'stddev', 'stdvar', 'sum']);
    return this.#chance(0.5) ? `${operator}${modifier}(${inner})` : `${operator}(${inner})${modifier}`;
  }

  #operation(depth: number): string {
    const comparison = this.#chance(0.3);
    const operator = comparison
      ? this.#pick(['==', '!=', '>', '<', '>=', '<=', '> bool', '== bool'])
      : this.#pick(['+', '-', '*', '/', '%', '^']);
    const which = this.#random();
    const [left, right] = [this.vector(depth - 1), this.vector(depth - 1)];
    if (which < 0.2) return `${left} ${operator} ${this.scalar(depth - 1)}`;
    if (which < 0.35) return `(${this.scalar(depth - 1)}) ${operator} ${right}`;
    if (which < 0.55)
      return `${left} ${this.#pick(['and', 'or', 'unless'])}${this.#chance(0.5) ? ` ${this.#pick(['on', 'ignoring'])}(${this.#labels()})` : ''} ${right}`;
    if (which < 0.6) return `-${left}`;
    const matching = this.#chance(0.7) ? ` ${this.#pick(['on', 'ignoring'])}(${this.#labels()})` : '';
    const group =
      matching !== '' && this.#chance(0.4)
        ? ` ${this.#pick(['group_left', 'group_right'])}${this.#chance(0.5) ? '(kind)' : '()'}`
        : '';
    return `${left} ${operator}${matching}${group} ${right}`;
  }

  #function(depth: number): string {
    const inner = this.vector(depth - 1);
    const which = this.#random();
    if (which < 0.12)
      return `histogram_quantile(${this.#pick(['0.5', '0.9', '0.99', '1', '0', '-1', '2'])}, ${this.#pick(['sum by (le, job) (rate(duration_seconds_bucket[5m]))', 'duration_seconds_bucket', 'rate(duration_seconds_bucket[1m])', inner])})`;
    if (which < 0.2)
      return `label_replace(${inner}, "${this.#pick(['new', 'job', 'zone'])}", "${this.#pick(['$1', 'x-$1-$2', '', '$' + '{1}y', 'k'])}", "${this.#pick(['job', 'instance', 'zone', 'none'])}", "${this.#pick(['(.*)', '(a)(.*)', '[ab].*', 'x|()'])}")`;
    if (which < 0.26) return `label_join(${inner}, "${this.#pick(['new', 'job'])}", "-", "job", "instance")`;
    if (which < 0.32) return `absent(${inner})`;
    if (which < 0.4) return `clamp(${inner}, ${this.#number()}, ${this.#number()})`;
    if (which < 0.46) return `${this.#pick(['clamp_min', 'clamp_max', 'round'])}(${inner}, ${this.#number()})`;
    if (which < 0.5) return `vector(${this.scalar(depth - 1)})`;
    if (which < 0.55) return `timestamp(${inner})`;
    if (which < 0.63) {
      const name = this.#pick([
        'minute',
        'hour',
        'day_of_week',
        'day_of_month',
        'day_of_year',
        'days_in_month',
        'month',
        'year',
      ]);
      return `${name}(${this.#chance(0.3) ? '' : `timestamp(${this.#selector()})`})`;
    }
    const name = this.#pick([
      'abs',
      'ceil',
      'floor',
      'exp',
      'ln',
      'log2',
      'log10',
      'sqrt',
      'sgn',
      'sin',
      'cos',
      'tan',
      'atan',
      'deg',
      'rad',
      'tanh',
      'round',
      'sort',
      'sort_desc',
      'asinh',
      'acos',
    ]);
    return `${name}(${inner})`;
  }
}
