import { loadCaCertificates } from './ca-certificates';

/** Self-signed, "Example CA"; its key no longer exists. */
const PEM = `-----BEGIN CERTIFICATE-----
MIIBgjCCASegAwIBAgIUPQ9O/kn6WRuGNyZiPiuRGdFg5cIwCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKRXhhbXBsZSBDQTAgFw0yNjExMjMyMjE2NDJaGA8yMTI2MTAz
MDIyMTY0MlowFTETMBEGA1UEAwwKRXhhbXBsZSBDQTBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABKvAfroduuE5udbKYU5XTfwSzUzipzfmxU+VEAMsa2H6cBuLZHis
rX0sFOIdJM1OSU5/y0wDTsLDY8yuUc0UADajUzBRMB0GA1UdDgQWBBTb+0sO6nPb
gin3s2tkTUvYYvAjizAfBgNVHSMEGDAWgBTb+0sO6nPbgin3s2tkTUvYYvAjizAP
BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0kAMEYCIQCo/G7paMWbtddYgnxl
/02lOgjH0xdrGHR/W+Yk9Z43WAIhAJzsTLtJ9FAPxIgZ7SbbjglxuAEbmxR/glo1
ULGK6lLL
-----END CERTIFICATE-----
`;

const KEY = '-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----\n';

const trimmed = PEM.trim();

function load(values: Record<string, string>): string[] {
  const data = Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  return loadCaCertificates({ metadata: { name: 'our-ca' }, data: Object.fromEntries(data) as Record<string, string> });
}

describe('loadCaCertificates', () => {
  it.each<[string, Record<string, string>, number]>([
    ['a key ending in .crt', { 'ca.crt': PEM }, 1],
    ['a key ending in .pem', { 'chain.pem': PEM + PEM }, 2],
    ['any key with a certificate', { bundle: `# our CA\n${PEM}` }, 1],
    ['several keys', { 'a.crt': PEM, 'b.crt': PEM }, 2],
    ['a TLS Secret, without its key', { 'tls.crt': PEM, 'tls.key': KEY }, 1],
    ['.crt, its key being under .pem', { 'ca.crt': PEM, 'key.pem': KEY }, 1],
    ['.pem, together with its key', { 'both.pem': KEY + PEM }, 1],
    [
      'any key, together with a key of another kind',
      { bundle: `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${KEY}${PEM}` },
      1,
    ],
    ['tls.crt with an empty ca.crt, as cert-manager writes it', { 'tls.crt': PEM, 'ca.crt': '' }, 1],
    [
      '.crt, other PEM being under .pem',
      { 'ca.crt': PEM, 'request.pem': '-----BEGIN CERTIFICATE REQUEST-----\naHVzaA==\n-----END CERTIFICATE REQUEST-----' },
      1,
    ],
    ['lines that end in CR LF', { 'ca.crt': PEM.replaceAll('\n', '\r\n') }, 1],
  ])('finds the certificates under %s', (_, values, count) => {
    const certificates = load(values);
    expect(certificates.map((pem) => pem.replaceAll('\r', ''))).toEqual(Array.from({ length: count }, () => trimmed));
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['no data', {}, /contains no certificate; put it under the key "ca.crt"/],
    ['no certificate', { note: 'hush' }, /contains no certificate/],
    ['text under ca.crt', { 'ca.crt': 'hush' }, /key "ca.crt" is not a list of certificates/],
    ['an empty ca.crt', { 'ca.crt': '' }, /contains no certificate/],
    ['only a key', { 'tls.crt': KEY }, /contains no certificate/],
    ['DER under .crt', { 'ca.crt': '\u0030\u0082' }, /key "ca.crt" is not a list/],
    ['PEM that is not a certificate', { 'ca.crt': '-----BEGIN CERTIFICATE-----\naHVzaA==\n-----END CERTIFICATE-----' }, /key "ca.crt"/],
    ['an incomplete certificate after a good one', { 'ca.crt': PEM + PEM.slice(0, 200) }, /key "ca.crt"/],
  ])('refuses a Secret with %s', (_, values, detail) => {
    const refusal = expect.objectContaining({ code: 'InvalidPEM', message: expect.stringMatching(detail) as string }) as Error;
    expect(() => load(values)).toThrow(refusal);
    expect(() => load(values)).toThrow(/^Secret "our-ca" contains invalid PEM data: /);
    expect(() => load(values)).not.toThrow(/hush/);
  });
});
