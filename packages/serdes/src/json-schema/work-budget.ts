/** Steps that validating a value may take, whatever its size, and more for each character of its text. A step takes about 0.2 µs. */
const stepsMin = 2_000_000;
const stepsPerCharacter = 200;

/** Bounds the work for one value: schemas that refer to themselves in several ways take time exponential in the depth of the value. */
export class WorkBudget {
  #left = stepsMin;

  reset(textLength: number): void {
    this.#left = stepsMin + textLength * stepsPerCharacter;
  }

  /** @throws WorkBudgetError */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0) throw new WorkBudgetError('Validating it takes too many steps for its size');
  }
}

export class WorkBudgetError extends Error {}
