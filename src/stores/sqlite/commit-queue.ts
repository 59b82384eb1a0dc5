/** Work that waits for the next commit, and whom to tell. */
interface Waiting<Work> {
  readonly work: Work;
  readonly resolve: (work: Work) => void;
  readonly reject: (error: unknown) => void;
}

/** Does a batch durably, or throws when none of it is done. Returns for each piece why it was refused, or undefined. */
export type Commit<Work> = (batch: readonly Work[]) => readonly (Error | undefined)[];

/**
 * Gathers what is asked for within one turn of the event loop and commits it together, so that hundreds of lanes share one
 * fsync. Up to `batchMax` pieces go into one commit; the rest has its own in the next turn, so that nobody waits long.
 */
export class CommitQueue<Work> {
  readonly #commit: Commit<Work>;
  readonly #batchMax: number;
  #waiting: Waiting<Work>[] = [];
  #hasTurn = false;

  constructor(options: { readonly batchMax: number; readonly commit: Commit<Work> }) {
    this.#commit = options.commit;
    this.#batchMax = options.batchMax;
  }

  /** How many pieces are not committed yet. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Resolves to the work itself after the commit; rejects when this piece was refused or the whole commit failed. */
  add(work: Work): Promise<Work> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ work, resolve, reject });
      this.#askForTurn();
    });
  }

  /** Commits everything now. */
  flush(): void {
    while (this.#waiting.length > 0) {
      this.#commitBatch();
    }
  }

  #askForTurn(): void {
    if (this.#hasTurn) {
      return;
    }
    this.#hasTurn = true;
    setImmediate(() => {
      this.#hasTurn = false;
      this.#commitBatch();
      if (this.#waiting.length > 0) {
        this.#askForTurn();
      }
    });
  }

  #commitBatch(): void {
    const batch = this.#waiting.slice(0, this.#batchMax);
    if (batch.length === 0) {
      return;
    }
    this.#waiting = this.#waiting.slice(this.#batchMax);
    try {
      const refusals = this.#commit(batch.map(({ work }) => work));
      for (const [index, { work, resolve, reject }] of batch.entries()) {
        const refusal = refusals[index];
        if (refusal === undefined) {
          resolve(work);
        } else {
          reject(refusal);
        }
      }
    } catch (error) {
      for (const { reject } of batch) {
        reject(error);
      }
    }
  }
}
