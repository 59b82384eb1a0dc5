/** The hosts that the examples talk to. Each is a fake daemon with two guests, `web` and `db`, and what its name says. */
import {
  type Domain,
  DomainEventID,
  DomainEventType,
  DomainJobField,
  DomainJobType,
  DomainState,
  ErrorNumber,
  parameter,
} from 'node-libvirt';
import { FakeError, FakeServer, type Header, MessageStatus, MessageType, noReply } from 'node-libvirt/testing';

const web: Domain = { name: 'web', uuid: '6d1f3a52-0b0e-4a57-9b6c-2f1f0c7f8f01', id: 1 };
const db: Domain = { name: 'db', uuid: '6d1f3a52-0b0e-4a57-9b6c-2f1f0c7f8f02', id: -1 };
const vol = { pool: 'images', name: 'web.img', key: '/var/lib/libvirt/images/web.img' };

/** A world's own answers, over those that every world gives. */
type World = (server: FakeServer) => void;

const worlds: Record<string, World> = {
  host: () => undefined,
  /** Asks for a user and password. */
  sasl(server) {
    server.on('authList', () => [1]);
    server.on('authSaslInit', () => 'PLAIN');
    server.on('authSaslStart', ({ data }) => {
      if (Buffer.from(data).toString() !== '\0operator\0secret') throw new FakeError(45, 'authentication failed');
      return { complete: true, nil: true, data: Buffer.alloc(0) };
    });
  },
  /** Never answers a request to shut down. */
  silent(server) {
    server.on('domainShutdown', () => noReply);
  },
  /** Crashes when it is asked to start a guest, having started it. */
  crashing(server) {
    server.on('domainCreate', (_, { client }) => {
      server.on('domainGetState', () => ({ state: DomainState.RUNNING, reason: 1 }));
      client.destroy();
      return noReply;
    });
  },
};

/** The names that `<!-- example: … -->` may give. */
export const worldNames: ReadonlySet<string> = new Set(Object.keys(worlds));

/** A world's daemon, listening on a socket in `folder`. */
export async function openWorld(name: string, folder: string): Promise<FakeServer> {
  const server = await FakeServer.listen({ path: `${folder}/libvirt-sock` });
  answerQuestions(server);
  answerEvents(server);
  answerStreams(server);
  answerMigration(server);
  worlds[name]?.(server);
  return server;
}

function answerQuestions(server: FakeServer): void {
  server.on('connectGetHostname', () => 'north-1');
  server.on('connectListAllDomains', () => [web, db]);
  server.on('domainLookupByName', ({ name }) => {
    const found = [web, db].find((domain) => domain.name === name);
    if (found === undefined) throw new FakeError(ErrorNumber.NO_DOMAIN, `Domain not found: no domain '${name}'`);
    return found;
  });
  server.on('domainGetState', ({ dom }) => ({
    state: dom.name === 'web' ? DomainState.RUNNING : DomainState.SHUTOFF,
    reason: 1,
  }));
  server.on('domainGetInfo', () => ({
    state: 1,
    maxMem: 2_097_152,
    memory: 1_048_576,
    nrVirtCpu: 2,
    cpuTime: 61_000_000_000,
  }));
  server.on('domainGetXMLDesc', () => '<domain type="kvm"><name>web</name></domain>');
  server.on('domainSetBlockIoTune', () => undefined);
  server.on('domainAbortJob', () => undefined);
  server.on('connectGetAllDomainStats', () => [
    { dom: web, params: [parameter.ullong('balloon.current', 1_048_576), parameter.uint('vcpu.current', 2)] },
  ]);
}

/** The host tells of a start before it answers the call that asked for it. */
function answerEvents(server: FakeServer): void {
  const lifecycleIds = new Set<number>();
  let nextId = 0;
  server.on('connectDomainEventCallbackRegisterAny', ({ eventID }) => {
    const id = nextId++;
    if (eventID === DomainEventID.LIFECYCLE) lifecycleIds.add(id);
    return id;
  });
  server.on('domainCreate', ({ dom }, { client }) => {
    for (const id of lifecycleIds) {
      client.sendEvent('domain.lifecycle', id, { dom: { ...dom, id: 3 }, event: DomainEventType.STARTED, detail: 0 });
    }
  });
}

/** A download is four bytes, a hole of 1 MiB, four bytes. The end of any stream is confirmed. */
function answerStreams(server: FakeServer): void {
  server.on('storageVolLookupByPath', () => vol);
  server.on('storageVolUpload', () => undefined);
  server.on('storageVolDownload', (_, { client, header }) => {
    const stream: Header = { ...header, type: MessageType.STREAM, status: MessageStatus.CONTINUE };
    // The pieces follow the answer, which is sent when this handler has returned.
    setImmediate(() => {
      client.sendFrame(stream, (writer) => writer.raw(Buffer.from('head')));
      client.sendFrame({ ...stream, type: MessageType.STREAM_HOLE }, (writer) => {
        writer.hyper(1_048_576n);
        writer.uint(0);
      });
      client.sendFrame(stream, (writer) => writer.raw(Buffer.from('tail')));
      client.sendFrame(stream);
    });
  });
  server.onStream(({ header }, client) => {
    if (header.status === MessageStatus.OK) client.sendFrame(header);
  });
}

/** A migration ends once somebody has asked how it does. */
function answerMigration(server: FakeServer): void {
  server.on('domainMigratePerform3Params', async () => {
    await server.message('domainGetJobStats');
    return Buffer.alloc(0);
  });
  server.on('domainGetJobStats', ({ flags }) =>
    flags
      ? {
          type: DomainJobType.COMPLETED,
          params: [parameter.ullong(DomainJobField.DOWNTIME, 210), parameter.ullong(DomainJobField.TIME_ELAPSED, 2800)],
        }
      : {
          type: DomainJobType.UNBOUNDED,
          params: [
            parameter.ullong(DomainJobField.DATA_TOTAL, 1_073_741_824),
            parameter.ullong(DomainJobField.DATA_REMAINING, 268_435_456),
          ],
        },
  );
}
