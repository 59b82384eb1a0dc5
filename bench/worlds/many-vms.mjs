/** Many VMs on one host of the lab that run and do nothing: their disks are empty, so that the firmware finds nothing to start. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { labProgram, uriOf } from '../evacuation/lab.mjs';

const run = promisify(execFile);
const images = '/var/lib/libvirt/images';
const MEMORY_MIB = 32;
/** libvirt starts as many at once as there is a point in. */
const STARTS_AT_ONCE = 4;

/** Starts `count` of them on the host; `remove()` ends and forgets them, with their disks. */
export async function startManyVms({ host, count, prefix }) {
  const { connect } = await import('node-libvirt');
  const names = Array.from({ length: count }, (_, index) => `${prefix}-${index + 1}`);
  const inHost = (script) => run(labProgram, ['exec', host.name, '--', 'sh', '-ec', script]);
  const libvirt = await connect(uriOf.tcp(host));
  const remove = async () => {
    const known = await libvirt.connectListAllDomains();
    for (const dom of known.filter(({ name }) => names.includes(name))) {
      if (await libvirt.domainIsActive({ dom })) await libvirt.domainDestroy({ dom });
      await libvirt.domainUndefine({ dom });
    }
    await inHost(`rm -f ${names.map((name) => `${images}/${name}.qcow2`).join(' ')}`);
    await libvirt.close();
  };
  try {
    await inHost(`for n in ${names.join(' ')}; do qemu-img create -q -f qcow2 ${images}/$n.qcow2 64M; done`);
    const left = [...names];
    const starter = async () => {
      for (let name = left.shift(); name !== undefined; name = left.shift()) {
        const dom = await libvirt.domainDefineXML({ xml: definitionOf(name) });
        await libvirt.domainCreate({ dom });
      }
    };
    await Promise.all(Array.from({ length: STARTS_AT_ONCE }, starter));
    return { names, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

function definitionOf(name) {
  return `<domain type='qemu'>
  <name>${name}</name><memory unit='MiB'>${MEMORY_MIB}</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/><source file='${images}/${name}.qcow2'/><target dev='vda' bus='virtio'/>
    </disk>
    <interface type='bridge'><source bridge='br-prod'/><model type='virtio'/></interface>
  </devices>
</domain>`;
}
