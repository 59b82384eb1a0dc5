/** Short ways to write and read typed parameters. */
import type { TypedParameter } from './protocol/types.js';

/** Builders: `parameter.ullong('bandwidth', 100)`. */
export const parameter = {
  int: (field: string, value: number): TypedParameter => ({ field, type: 'int', value }),
  uint: (field: string, value: number): TypedParameter => ({ field, type: 'uint', value }),
  llong: (field: string, value: number | bigint): TypedParameter => ({ field, type: 'llong', value }),
  ullong: (field: string, value: number | bigint): TypedParameter => ({ field, type: 'ullong', value }),
  double: (field: string, value: number): TypedParameter => ({ field, type: 'double', value }),
  boolean: (field: string, value: boolean): TypedParameter => ({ field, type: 'boolean', value }),
  string: (field: string, value: string): TypedParameter => ({ field, type: 'string', value }),
} as const;

/** The values by name. Where a name stands more than once, as with per-disk lists, the last one counts. */
export function valuesByField(parameters: readonly TypedParameter[]): Map<string, TypedParameter['value']> {
  return new Map(parameters.map(({ field, value }) => [field, value]));
}
