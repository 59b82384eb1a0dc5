import { describe, expect, it } from '@jest/globals';
import { scramSha256 } from './scram.js';

/** The example of RFC 7677, section 3. */
const nonce = 'rOprNGfwEbeRWgbNEkqO';
const serverFirst = 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096';
const serverFinal = 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=';

function exchange() {
  return scramSha256({ username: 'user', password: 'pencil' }, nonce);
}

describe('SCRAM-SHA-256', () => {
  it('says what RFC 7677 says', () => {
    const scram = exchange();
    expect(scram.first).toBe('n,,n=user,r=rOprNGfwEbeRWgbNEkqO');
    expect(scram.answer(serverFirst)).toBe(
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    );
    expect(() => scram.verify(serverFinal)).not.toThrow();
  });

  it('escapes what the grammar needs', () => {
    expect(scramSha256({ username: 'a=b,c', password: 'x' }, 'n').first).toBe('n,,n=a=3Db=2Cc,r=n');
  });

  it.each([
    ['another nonce', 'r=someoneElse,s=W22Z,i=4096'],
    ['our nonce with nothing added', `r=${nonce},s=W22Z,i=4096`],
    ['no salt', `r=${nonce}x,i=4096`],
    ['too few rounds', `r=${nonce}x,s=W22Z,i=1`],
    ['rounds without end', `r=${nonce}x,s=W22Z,i=99999999999`],
  ])('refuses a server with %s', (_, message) => {
    expect(() => exchange().answer(message)).toThrow(/./);
  });

  it('refuses a server that does not know the password', () => {
    const scram = exchange();
    scram.answer(serverFirst);
    expect(() => scram.verify('v=AAAATRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')).toThrow('does not prove');
    expect(() => scram.verify('e=invalid-proof')).toThrow('invalid-proof');
  });
});
