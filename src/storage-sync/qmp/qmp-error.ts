/**
 * Why a QMP command has no answer: `refused` the server says no, with its `errorClass` · `lost` the connection ended, and
 * a command that was sent may have been done · `silent` no answer within the deadline, which also ends the connection ·
 * `malformed` the far side does not speak QMP · `aborted` the caller gave it up.
 */
export type QmpErrorCode = 'refused' | 'lost' | 'silent' | 'malformed' | 'aborted';

/** The one error of the QMP client. */
export class QmpError extends Error {
  readonly code: QmpErrorCode;
  /** `GenericError`, `CommandNotFound`, `DeviceNotFound` and the like; only when `refused`. */
  readonly errorClass: string | undefined;

  constructor(code: QmpErrorCode, message: string, options: { errorClass?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'QmpError';
    this.code = code;
    this.errorClass = options.errorClass;
  }
}
