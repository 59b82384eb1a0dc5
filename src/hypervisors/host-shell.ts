/**
 * Runs a command on the controller or on a host: argv in, never a shell string. A port.
 *
 * Rejects with a `FailureError`: `host-unreachable` (transient), `reply-lost` (outcome-unknown),
 * `command-not-found` (permanent). A command that ends with a status other than zero resolves.
 */
export interface HostShell {
  run(command: ShellCommand, signal: AbortSignal): Promise<ShellResult>;
}

export interface ShellCommand {
  /** `controller` or the name of a host. */
  readonly on: string;
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** What the command reads from its standard input, which then ends. Without it the input is empty. */
  readonly input?: string | Buffer;
}

export interface ShellResult {
  readonly exitCode: number;
  /** At most the last 16 KiB of each. */
  readonly stdout: string;
  readonly stderr: string;
}
