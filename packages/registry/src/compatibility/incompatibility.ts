/** Why a schema cannot read what another one has written. */
export interface Incompatibility {
  /** The rule that is broken, by the name that the registry's answers have made usual. */
  errorType: string;
  /** What does not fit, where, and what change would pass. */
  description: string;
  additionalInfo: string;
}
