import assert from 'node:assert/strict';
import { CommitLedger, commitOffset, committedOffsets } from './committed-offsets.ts';
import { type Actor, isPassing, type Load, makeTopic, nameOf } from './load.ts';
import { pause } from './pause.ts';
import { Session } from './session.ts';
import type { World } from './world.ts';

const topic = 'kill-committed';
const partitions = 2;
const groups = 10;

/** Groups without members that commit any offset, up and down: what was acknowledged last is what is there. */
export class CommitLoad implements Load {
  readonly name = 'commits';
  readonly actors: Actor[];
  readonly #session: Session;
  readonly #ledgers = Array.from({ length: groups }, () =>
    Array.from({ length: partitions }, () => new CommitLedger()),
  );
  #commits = 0;

  constructor(world: World) {
    this.#session = new Session(world);
    this.actors = [{ step: (isEnding) => this.#step(isEnding) }];
  }

  async prepare(session: Session): Promise<void> {
    await makeTopic(session, topic, partitions, {});
  }

  async check(session: Session): Promise<void> {
    for (const [group, ledgers] of this.#ledgers.entries()) {
      const found = await committedOffsets(session, groupOf(group), topic, partitions);
      for (const [partition, ledger] of ledgers.entries()) {
        ledger.check(found[partition]!, `${groupOf(group)}, partition ${partition}`);
      }
    }
  }

  summary(): string {
    return `${this.#commits} commits`;
  }

  async #step(isEnding: boolean): Promise<boolean> {
    if (isEnding) return false;
    const { random } = this.#session.world;
    const group = random.below(groups);
    const partition = random.below(partitions);
    const ledger = this.#ledgers[group]![partition]!;
    const commit = { offset: random.below(1_000_000), metadata: `m${random.below(1_000_000)}` };
    const member = { groupId: groupOf(group), memberId: '', generationIdOrMemberEpoch: -1 };
    ledger.sending(commit);
    const errorCode = await commitOffset(this.#session, member, topic, partition, commit);
    if (errorCode === 0) {
      ledger.answered(commit);
      this.#commits++;
    } else {
      assert.ok(isPassing(errorCode), `commit: ${nameOf(errorCode)}`);
      ledger.refused(commit);
    }
    await pause(random, 6);
    return true;
  }
}

function groupOf(group: number): string {
  return `kill-group-${group}`;
}
