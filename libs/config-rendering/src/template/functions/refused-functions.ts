/** Functions of text/template, sprig and Helm that are not offered, by the reason. */
const REASONS: readonly (readonly [reason: string, names: string])[] = [
  ['it reads the environment', 'env expandenv'],
  ['it sends a DNS query', 'getHostByName'],
  [
    'it reads the clock or a time zone',
    'ago date date_in_zone date_modify dateInZone dateModify htmlDate htmlDateInZone must_date_modify mustDateModify mustToDate now toDate unixEpoch duration durationRound',
  ],
  [
    'it is random, so that the file would change each time',
    'randAlphaNum randAlpha randAscii randNumeric randBytes randInt shuffle uuidv4 bcrypt htpasswd encryptAES genPrivateKey genCA genCAWithKey genSelfSignedCert genSelfSignedCertWithKey genSignedCert genSignedCertWithKey',
  ],
  ['keys must not be derived or created in a template', 'derivePassword decryptAES buildCustomCert'],
  [
    'regular expressions are not offered; use contains, replace, split, trimPrefix and the like',
    'regexMatch mustRegexMatch regexFindAll mustRegexFindAll regexFind mustRegexFind regexReplaceAll mustRegexReplaceAll regexReplaceAllLiteral mustRegexReplaceAllLiteral regexSplit mustRegexSplit regexQuoteMeta',
  ],
  ['decimal arithmetic is not offered', 'add1f addf subf divf mulf'],
  ['version comparison is not offered', 'semver semverCompare'],
  ['the data contain no functions to call', 'call'],
  ['it only prints a greeting', 'hello'],
  [
    'it belongs to Helm, not to sprig',
    'required include tpl lookup toYaml mustToYaml toYamlPretty fromYaml fromYamlArray fromJsonArray toToml mustToToml fromToml',
  ],
];

/** Functions that other template engines may offer and that are refused here, with the reason. */
export const REFUSED_FUNCTIONS: ReadonlyMap<string, string> = new Map(
  REASONS.flatMap(([reason, names]) => names.split(' ').map((name) => [name, reason] as const)),
);
