/** SCRAM-SHA-256, the client's half (RFC 5802, RFC 7677). Pure but for the nonce, which is given. */
import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto';

/** Fewer rounds than RFC 7677 asks for would give the password away to whoever poses as the host. */
const ITERATIONS_MIN = 4096;
/** More would hold this process up for seconds at the other side's wish. */
const ITERATIONS_MAX = 10_000_000;

/** Whose password it is. */
export interface ScramCredentials {
  readonly username: string;
  readonly password: string;
}

/** One exchange: `first`, then `answer`, then `verify`, each once. */
export interface ScramExchange {
  /** client-first-message */
  readonly first: string;
  /** Takes server-first-message, gives client-final-message. Throws when the server breaks the exchange. */
  answer(serverFirst: string): string;
  /** Takes server-final-message; throws when the server does not prove that it knows the password too. */
  verify(serverFinal: string): void;
}

/** Begins an exchange; `nonce` must be new and unguessable each time. */
export function scramSha256({ username, password }: ScramCredentials, nonce: string): ScramExchange {
  const bare = `n=${username.normalize('NFKC').replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}`;
  let serverSignature: Buffer | null = null;
  return {
    first: `n,,${bare}`,
    answer(serverFirst) {
      const fields = attributes(serverFirst);
      const combined = fields.get('r') ?? '';
      const salt = Buffer.from(fields.get('s') ?? '', 'base64');
      const iterations = Number(fields.get('i'));
      if (!combined.startsWith(nonce) || combined.length === nonce.length)
        throw new Error('the nonce it returns is not ours with its own added');
      if (salt.length === 0) throw new Error('it sends no salt');
      if (!Number.isInteger(iterations) || iterations < ITERATIONS_MIN || iterations > ITERATIONS_MAX) {
        throw new Error(`its iteration count (${fields.get('i')}) is not from ${ITERATIONS_MIN} to ${ITERATIONS_MAX}`);
      }
      const salted = pbkdf2Sync(password.normalize('NFKC'), salt, iterations, 32, 'sha256');
      const clientKey = hmac(salted, 'Client Key');
      const final = `c=biws,r=${combined}`;
      const authMessage = `${bare},${serverFirst},${final}`;
      const signature = hmac(createHash('sha256').update(clientKey).digest(), authMessage);
      serverSignature = hmac(hmac(salted, 'Server Key'), authMessage);
      const proof = clientKey.map((byte, index) => byte ^ (signature[index] as number));
      return `${final},p=${Buffer.from(proof).toString('base64')}`;
    },
    verify(serverFinal) {
      const fields = attributes(serverFinal);
      if (fields.has('e')) throw new Error(`it says ${fields.get('e')}`);
      const given = Buffer.from(fields.get('v') ?? '', 'base64');
      if (
        serverSignature === null ||
        given.length !== serverSignature.length ||
        !timingSafeEqual(given, serverSignature)
      ) {
        throw new Error('it does not prove that it knows the password: it may not be the host it says it is');
      }
    },
  };
}

function attributes(message: string): Map<string, string> {
  return new Map(message.split(',').map((field) => [field.slice(0, 1), field.slice(2)]));
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
