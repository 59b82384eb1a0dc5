import type { VmOnHost } from '../../../hypervisors/backups.js';
import { FailureError } from '../../../model/failure.js';
import { attempt, type CommandSeat } from '../../store/host-commands.js';

export interface Guarding {
  readonly vm: VmOnHost;
  /** What the exports' names begin with: the guard of another mirror is none of this one. */
  readonly prefix: string;
  /** QEMU's names of the connections. */
  readonly connections: readonly string[];
  readonly stallMs: number;
}

const runFolder = '/run/lifeboat';
const noVirsh = 3;

/**
 * Looks twice a second at the copies of the VM `$1`. One that has something on its way, and gets no further for `$2`
 * hundredths of a second, holds the guest up: all connections are cut at once by the order `$4`, and when all `$6` copies were
 * there until then, the mark `$3.cut` says it of the mirror `$5`. Ends with the copies.
 */
const watch = String.raw`
echo $$ >"$3"
stuck=; since=0
while sleep 0.5; do
  jobs=$(virsh -q -c qemu:///system qemu-monitor-command "$1" '{"execute":"query-block-jobs"}' 2>&1 | tr -d ' \n')
  case $jobs in
    *notrunning*|*failedtogetdomain*) exit ;;
    *'"return":'*) ;;
    *) continue ;;
  esac
  case $jobs in *'"device":"copy-'*) ;; *) exit ;; esac
  read -r up _ </proc/uptime; now=$(printf '%s' "$up" | tr -d .)
  going=$(printf '%s' "$jobs" | awk '
    function of(key) { return match($0, "\"" key "\":\"?[^,\"]*") ? substr($0, RSTART + length(key) + 3, RLENGTH - length(key) - 3) : "" }
    BEGIN { RS = "}" }
    /"device":"copy-/ && of("len") + 0 > of("offset") + 0 { print of("device") " " of("offset") }')
  still=
  if [ -n "$stuck" ] && [ -n "$going" ]; then still=$(printf '%s\n' "$stuck" | grep -xF -- "$going"); fi
  if [ -z "$still" ]; then stuck=$going; since=$now; continue; fi
  stuck=$still
  if [ $((now - since)) -ge "$2" ]; then
    virsh -q -c qemu:///system qemu-monitor-command "$1" "$4" || continue
    [ "$(printf '%s' "$jobs" | grep -o '"device":"copy-' | wc -l)" -eq "$6" ] && echo "$5" >"$3.cut"
    since=$now
  fi
done`;

/** Starts the watch unless it runs, and returns when it does: `$1` its pid file, `$2` the mirror's prefix, then what to run. */
const ensure = String.raw`
command -v virsh >/dev/null || exit ${noVirsh}
file=$1; mark=$2; shift 2
runs() { pid=$(cat "$file" 2>/dev/null) && tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qxF -- "$mark"; }
runs && exit
mkdir -p -- "$(dirname -- "$file")" && setsid -f "$@" </dev/null >/dev/null 2>&1
for _ in $(seq 100); do runs && exit; sleep 0.05; done
exit 1`;

/**
 * Sees that the guard of a mirror runs on the VM's own host. It is there that a silent link has to be noticed: whoever is
 * beyond it could not tell QEMU anything, and a guest must not hang because Lifeboat was killed. It is a shell and `virsh`.
 */
export async function ensureGuard(seat: Omit<CommandSeat, 'on'>, guarding: Guarding): Promise<void> {
  const { vm, prefix, connections, stallMs } = guarding;
  const file = pidFile(vm);
  const instances = connections.map((name) => ({ type: 'block-node', 'node-name': name }));
  const yank = JSON.stringify({ execute: 'yank', arguments: { instances } });
  const words = [vm.id, String(Math.ceil(stallMs / 10)), file, yank, prefix, String(connections.length)];
  const run = ['sh', '-c', watch, 'lifeboat-mirror', ...words];
  const { exitCode, stderr } = await attempt({ ...seat, on: vm.host }, [
    'sh',
    '-c',
    ensure,
    'sh',
    file,
    prefix,
    ...run,
  ]);
  if (exitCode !== 0) {
    throw new FailureError({
      code: 'mirror-not-guarded',
      kind: 'permanent',
      message: `Nothing on ${vm.host} can cut a mirror whose link is silent`,
      hint: 'install virsh there; Debian and Ubuntu have it in libvirt-clients',
      ...(exitCode === noVirsh ? {} : { cause: stderr.trim() }),
    });
  }
}

/** Whether the guard has cut all connections of this mirror at one moment, until when none of them had broken. */
export async function wasCutAtOnce(seat: Omit<CommandSeat, 'on'>, vm: VmOnHost, prefix: string): Promise<boolean> {
  const { stdout } = await attempt({ ...seat, on: vm.host }, ['cat', `${pidFile(vm)}.cut`]);
  return stdout.trim() === prefix;
}

function pidFile({ id }: VmOnHost): string {
  return `${runFolder}/mirror-${id}.pid`;
}
