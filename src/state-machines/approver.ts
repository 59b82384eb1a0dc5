import type { Step } from '../model/plan.js';

/** Whether this operator may answer the approval: those whom it names, and everybody when it names nobody. */
export function isApprover({ input }: Step, by: string): boolean {
  const { from } = input;
  return !Array.isArray(from) || from.length === 0 || from.includes(by);
}
