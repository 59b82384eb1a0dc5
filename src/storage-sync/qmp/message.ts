/** What a QMP server sends: https://www.qemu.org/docs/master/interop/qmp-spec.html */
export type Message =
  | { readonly kind: 'greeting'; readonly version: string }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number | undefined; readonly errorClass: string; readonly reason: string }
  | { readonly kind: 'event'; readonly event: QmpEvent };

export interface QmpEvent {
  /** `JOB_STATUS_CHANGE` and the like. */
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Reads one line; undefined when it is none of the four. */
export function parseMessage(line: string): Message | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isRecord(value)) {
    return undefined;
  }
  const { QMP, event, data, error, id } = value as Record<string, unknown>;
  if (isRecord(QMP)) {
    return { kind: 'greeting', version: versionOf(QMP['version']) };
  }
  if (typeof event === 'string') {
    return { kind: 'event', event: { name: event, data: isRecord(data) ? data : {} } };
  }
  const known = typeof id === 'number' ? id : undefined;
  if (isRecord(error)) {
    return { kind: 'error', id: known, errorClass: String(error['class']), reason: String(error['desc']) };
  }
  return known !== undefined && 'return' in value ? { kind: 'answer', id: known, value: value['return'] } : undefined;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function versionOf(version: unknown): string {
  const qemu = isRecord(version) ? version['qemu'] : undefined;
  return isRecord(qemu) ? `${String(qemu['major'])}.${String(qemu['minor'])}.${String(qemu['micro'])}` : 'unknown';
}
