/**
 * Whether a VM may be a drill's clone by its name. The planner names clones `drill-…`; nothing else is ever defined or
 * destroyed as one, so that a wrong plan cannot reach the VM itself.
 */
export function isCloneName(name: string): boolean {
  return name.startsWith('drill-');
}
