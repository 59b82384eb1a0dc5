/** After so many values lists are not followed further. */
const valuesMax = 20_000;

/**
 * The value itself when it is small, else a copy whose lists end early. What is in the copy is there whole, and no list
 * becomes empty, so that whatever a schema has against the copy it has against the value.
 */
export function sampleOf(value: unknown): { readonly sample: unknown; readonly isWhole: boolean } {
  let left = valuesMax;
  const copy = (one: unknown): unknown => {
    left -= 1;
    if (Array.isArray(one)) {
      const items: unknown[] = [];
      for (const item of one) {
        if (left <= 0 && items.length > 0) {
          break;
        }
        items.push(copy(item));
      }
      return items;
    }
    return typeof one === 'object' && one !== null
      ? Object.fromEntries(Object.entries(one).map(([key, item]) => [key, copy(item)]))
      : one;
  };
  const sample = copy(value);
  return left > 0 ? { sample: value, isWhole: true } : { sample, isWhole: false };
}
