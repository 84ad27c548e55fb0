/** Why a member's request is refused: the error of the protocol, and a message where the answer has room for it. */
export class GroupRefusal extends Error {
  readonly errorCode: number;

  constructor(errorCode: number, message: string) {
    super(message);
    this.name = 'GroupRefusal';
    this.errorCode = errorCode;
  }
}
