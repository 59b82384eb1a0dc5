import type { Estate } from '../model/estate.js';

/** What `lifeboat init` writes as the estate: two sites of two hosts, every key explained. */
export function estateTemplate(schemas: string): string {
  return `# yaml-language-server: $schema=${schemas}/estate.schema.json
# The estate: where your virtual machines can live. \`lifeboat validate RUNBOOK\` checks it.
version: 1

sites:
  north:                                   # the site that is protected
    hosts:
      north-1:
        uri: qemu+ssh://root@north-1/system        # any libvirt URI: +ssh, +tls, +tcp, +unix
        fence:                                     # how it is made certainly dead before its VMs start elsewhere
          agent: fence_ipmilan
          options: { ip: 10.9.0.11, username: ops, password: { file: /etc/lifeboat/ipmi.secret } }
      north-2:
        uri: qemu+ssh://root@north-2/system
        fence:
          agent: fence_ipmilan
          options: { ip: 10.9.0.12, username: ops, password: { file: /etc/lifeboat/ipmi.secret } }
    networks: { prod: br-prod, drill: br-drill }   # logical name -> bridge; drill must reach nothing else
    images: /var/lib/libvirt/images                # disks of VMs that live here
    replicas: /var/lib/lifeboat/replicas           # replicas of other sites' disks
  south:                                   # the recovery site; Lifeboat itself runs here
    hosts:
      south-1: { uri: qemu+ssh://root@south-1/system }
      south-2: { uri: qemu+ssh://root@south-2/system }
    networks: { prod: br-prod, drill: br-drill }
    images: /var/lib/libvirt/images
    replicas: /var/lib/lifeboat/replicas

links:                                     # what limits and forecasts count
  north-south: { between: [north, south], rate: 1Gbit }

tls: required                              # required | off
store: { sqlite: /var/lib/lifeboat/lifeboat.db }   # the journal of every run
`;
}

/** What `lifeboat init` writes as a runbook for the first sites of an estate. */
export function runbookTemplate(
  name: string,
  { estate, schemas }: { readonly estate: Estate; readonly schemas: string },
): string {
  const [from, to] = Object.keys(estate.sites);
  const [host] = Object.keys(Object.values(estate.sites)[0]?.hosts ?? {});
  const protect =
    to === undefined ? `{ from: { host: ${host ?? ''} }, to: ${from ?? ''} }` : `{ from: ${from ?? ''}, to: ${to} }`;
  return `# yaml-language-server: $schema=${schemas}/runbook.schema.json
# One runbook for every mode: drill, relocate, failover, failback, evacuate.
# Rehearse it now, nothing real is touched: lifeboat drill runbooks/${name}.yaml --simulate
version: 1
name: ${name}
protect: ${protect}
objectives: { rpo: 5m, rto: 10m }          # data that may be lost, time until everything answers

groups:
  - name: database
    priority: 1                            # 1 first .. 5 last, default 3
    vms: [db-1, db-2]                      # names, globs such as "db-*", tags such as { tag: "tier=db" }
    replicate: { method: mirror }          # synchronous: nothing is lost with the source
    ready:                                 # what proves that a VM is back
      - { probe: guest-agent, within: 2m }
      - { probe: tcp, port: 5432, within: 2m }
  - name: web
    priority: 2
    after: [database]                      # begins when the database answers
    vms: [web-1, web-2, web-3]
    replicate: { method: block-sync, every: 5m, keep: 12 }
    move: { ladder: [live, throttle, post-copy, pause], max-downtime: 500ms, deadline: 10m }
    ready:
      - { probe: guest-agent, within: 2m }

keep-apart: [[db-1, db-2]]                 # never on the same host
limits: { per-host: 2, per-link: 4 }       # VMs worked on at once
`;
}
