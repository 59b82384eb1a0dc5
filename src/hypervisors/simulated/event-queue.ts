/** Something due at a time. Of two that are due at once, the one inserted first comes first. */
export interface Due<Payload> {
  readonly at: number;
  readonly order: number;
  readonly payload: Payload;
  isForgotten: boolean;
}

/** Things due, earliest first: a binary heap, since a large drill keeps tens of thousands of them. */
export class EventQueue<Payload> {
  readonly #heap: Due<Payload>[] = [];
  #inserted = 0;

  /** Inserts one; setting `isForgotten` on what is returned takes it out again. */
  insert(at: number, payload: Payload): Due<Payload> {
    this.#inserted += 1;
    const due: Due<Payload> = { at, order: this.#inserted, payload, isForgotten: false };
    this.#heap.push(due);
    this.#rise(this.#heap.length - 1);
    return due;
  }

  /** The earliest that is not forgotten. */
  peek(): Due<Payload> | undefined {
    while (this.#heap[0]?.isForgotten === true) {
      this.#removeFirst();
    }
    return this.#heap[0];
  }

  /** Takes out the earliest that is not forgotten. */
  take(): Due<Payload> | undefined {
    const first = this.peek();
    if (first !== undefined) {
      this.#removeFirst();
    }
    return first;
  }

  /** All that are not forgotten, in the order in which they will come. */
  list(): readonly Due<Payload>[] {
    return this.#heap.filter((due) => !due.isForgotten).toSorted((one, other) => (isBefore(one, other) ? -1 : 1));
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#sink();
    }
  }

  #rise(from: number): void {
    const heap = this.#heap;
    const due = heap[from] as Due<Payload>;
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Due<Payload>;
      if (isBefore(above, due)) {
        break;
      }
      heap[index] = above;
      index = parent;
    }
    heap[index] = due;
  }

  #sink(): void {
    const heap = this.#heap;
    const due = heap[0] as Due<Payload>;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) {
        break;
      }
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right, heap[child] as Due<Payload>)) {
        child += 1;
      }
      const below = heap[child] as Due<Payload>;
      if (isBefore(due, below)) {
        break;
      }
      heap[index] = below;
      index = child;
    }
    heap[index] = due;
  }
}

function isBefore(one: Due<unknown>, other: Due<unknown>): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
