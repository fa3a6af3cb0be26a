// Every setting, its default, one sentence each: this file is the reference.
// Change settings in a file of your own named by LOOPGATE_CONFIG, which needs only what differs, or by environment:
// LOOPGATE_HTTP_PORT=9000 sets http.port, LOOPGATE_PIPELINE_RETENTION=30d sets pipeline.retention, and so on.
// A secret can be { env: 'NAME' } or { file: '/run/secrets/name' }. Durations are '15m', sizes '25MB'.
export default {
  // Where everything is kept that must survive: one folder, one backup.
  data: './data',
  // Where keys are kept: never in the data folder, and backed up apart from it. Null: the data folder's name with `-keys`.
  keys: null,
  // What this process does: 'edge' listens (HTTP, mail, webhooks), 'work' does what is due. On PostgreSQL any number of each.
  roles: ['edge', 'work'],
  store: {
    // Null: one SQLite file in the data folder, for one process. Several processes share a PostgreSQL (15 or newer):
    // 'postgres://user:password@host/database', best as a secret.
    url: null,
  },
  // Least severe log line that is written: 'error', 'warn', 'info' or 'silent'.
  log: 'info',

  http: {
    // Listens here only; put a TLS proxy in front for anybody else.
    host: '127.0.0.1',
    // API, console, webhooks and portal.
    port: 8080,
    // How the outside reaches this server (webhooks, portal links). Null: http://host:port.
    publicUrl: null,
    // Proxies in front, addresses or networks, for instance ['10.20.0.5', 'fd00:20::/64']: in X-Forwarded-For they name whose tries are counted. Of others it is not read.
    proxies: [],
  },

  queue: {
    // RabbitMQ 3.10 or newer, amqp://user:password@host/vhost or amqps://…, a vhost for each gateway; null: no broker, work goes straight from the store.
    url: null,
  },

  // What far sides name (mail servers, directories, lists of revoked certificates, pages of a fax) is fetched from public addresses only.
  network: {
    // Private networks that may be reached all the same, for instance ['10.20.0.0/16'] for an authority of your own.
    allow: [],
    // DNS resolvers, '192.0.2.53' or '192.0.2.53:5353'; empty: the system's.
    resolvers: [],
  },

  // Prometheus metrics, /healthz and /readyz for machines that watch us: a port of its own, in every role. Null: none.
  metrics: {
    // Listens here only; whoever can reach it may read it.
    host: '127.0.0.1',
    port: 9464,
  },

  // OpenTelemetry: spans go to this OTLP address over HTTP, for instance http://127.0.0.1:4318/v1/traces. Null: none.
  traces: { url: null },

  // Who we are: one entry for each practice that sends or receives here.
  practices: [
    {
      // Names the practice in records and API keys; never change it.
      id: 'main',
      // Stands on cover sheets and in portal mails.
      name: 'My practice',
      // Call-back number on cover sheets.
      phone: '+1 212 555 0100',
      // National Provider Identifier, ten digits, or null.
      npi: null,
      // Our own addresses for each channel: what arrives for them goes to this practice's intake queue.
      addresses: { direct: ['referrals@direct.localhost'], efax: [] },
      // Page 2 of a referral's fax is a sheet with boxes to tick, which is read when it is faxed back to one of these numbers.
      answerSheet: true,
      // The cover sheet. `language`: 'en' or 'es'. `template`: null for the one that comes along, else your own text: `# ` and
      // `## ` are headings, `---` is a line, `Label: text` stands in two columns. {phone} {pages} {urgency} {misdirected} must
      // stand in it; {practice} {fax} {to} {date} {reference} and {alert} (URGENT, STAT or nothing) may; nothing about patients can.
      cover: { language: 'en', template: null },
    },
  ],

  limits: {
    // Referrals that one practice may hand over in a minute; more are answered with 429 and when to come back.
    submissionsPerMinute: 1_200,
  },

  // How long from acceptance until proof is due.
  deadlines: { stat: '15m', urgent: '1h', routine: '24h' },

  // Order of channels for each urgency. `policies.<practice id>` overrides `policies.default`.
  policies: {
    default: {
      stat: ['direct', 'efax', 'portal'],
      urgent: ['direct', 'efax', 'portal'],
      routine: ['direct', 'efax', 'portal'],
    },
  },

  // For each channel: longest waits before try 2, 3, … (each is drawn anew between nothing and that; their number bounds
  // the tries), the wait for proof,
  // and what silence means: 'fallback' tries the next route, marked as a possible duplicate; 'hold' asks a person.
  // Of a routine message an attempt in doubt (no answer to the hand-over) always asks a person.
  // `waits` has a list of its own for a kind of failure: shortest waits, and an end of the tries of that kind.
  // Null: all failures wait by `delays`.
  // `hours`: after a voice answered, or after three rings in vain, nothing is tried again outside of these (0 is Sunday).
  patience: {
    direct: { delays: ['1m', '5m', '20m', '1h'], receiptWithin: '1h', onSilence: 'fallback' },
    efax: {
      delays: ['2m', '4m', '8m', '15m', '1h'],
      receiptWithin: '30m',
      onSilence: 'fallback',
      waits: {
        busy: ['1m', '2m', '4m', '8m', '15m', '15m', '15m', '15m', '15m', '15m'],
        'no-answer': ['10m', '30m', '1h', '1h'],
        'not-a-fax': ['30m'],
        negotiation: ['2m', '10m'],
      },
      hours: { zone: 'America/New_York', days: [1, 2, 3, 4, 5], from: '08:00', to: '17:00' },
    },
    portal: { delays: ['1m', '10m', '1h'], receiptWithin: '72h', onSilence: 'hold' },
  },

  intake: {
    // The codes of ICD-10-CM that are valid now, as { file: '/etc/loopgate/icd10cm_codes_2027.txt' }: CMS publishes them each
    // October and April. What was read and is not among them asks for a look. Null: only the form of a code is checked.
    diagnosisCodes: null,
    // What a referral must say; what it lacks is listed, and its sender can be asked for it. By the names of the fields:
    // `patient.address`, `patient.mrn`, `coverage.group`, `referrer.npi` and so on.
    needs: {
      // Of every referral.
      always: ['patient.name', 'patient.birthDate', 'patient.phone', 'service.reason', 'referrer.name'],
      // Besides, by specialty as intake offers it: who pays, and what was found so far; `default` for all others.
      besides: {
        default: ['coverage.payer', 'coverage.memberId', 'service.diagnoses'],
        Cardiology: ['coverage.payer', 'coverage.memberId', 'service.diagnoses'],
        Oncology: ['coverage.payer', 'coverage.memberId', 'service.diagnoses', 'service.authorization'],
        'General Surgery': ['coverage.payer', 'coverage.memberId', 'service.diagnoses', 'service.authorization'],
        'Pain Management': ['coverage.payer', 'coverage.memberId', 'service.diagnoses', 'service.authorization'],
        Psychiatry: ['coverage.payer', 'coverage.memberId'],
      },
    },
  },

  pipeline: {
    // One attempt may take so long before it counts as interrupted.
    attempt: '2m',
    // Carried content is erased so long after everything is over; events and hashes stay.
    retention: '90d',
  },

  // Sessions of people at the console.
  sessions: {
    // Signed out after so long without anybody there; the console warns before, and any key extends it.
    idle: '15m',
    // Signed out after so long at all.
    absolute: '12h',
  },

  signIn: {
    // Roles that come in with a second factor only (authenticator app or passkey): whoever has none sets one up first.
    // Null: ['practice-admin', 'system-admin'] once http.publicUrl is https, nobody before.
    secondFactor: null,
    // Sign-in by OpenID Connect: { issuer, clientId, clientSecret, name, claim }. `name` stands on the button; the value
    // of `claim` (such as 'email') is the name of a user here; <publicUrl>/api/v1/session/oidc/callback is to be registered.
    oidc: null,
  },

  // The record is one chain for each practice; docs/audit.md.
  audit: {
    // How often its length and content are signed.
    checkpoints: '1h',
    // Every checkpoint is also written here, outside the store: best a place that the gateway can only add to. Null: nowhere.
    folder: '{keys}/checkpoints',
  },

  // One section for each channel that is switched on; docs/channels.md tells what each takes.
  channels: {
    direct: {
      // Key and certificate of each of our Direct addresses or domains, in one PEM file; made for trying out at first start.
      identities: ['{keys}/direct/identity.pem'],
      // Certificates whose holders we trust; at first start only our own try-out authority.
      anchors: ['{keys}/direct/anchor.pem'],
      // Trust bundles, { url, signer }: more anchors, fetched once a day, the last good copy kept on failure.
      bundles: [],
      // Where those copies lie.
      cache: '{data}/direct',
      // Where other HISPs deliver to us.
      listen: { host: '127.0.0.1', port: 2525 },
      // Partners: how to reach them and with which certificate to encrypt.
      peers: [],
    },
  },
};
