import { Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Me } from '../../src/http/people-shapes.ts';
import type { TrustView } from '../../src/http/trust-shapes.ts';
import { ask } from './api.ts';
import { Empty, Loading, Tag, Trouble, When, type Tone } from './parts.tsx';

type Certificate = TrustView['certificates'][number];
type FoundCertificate = TrustView['found'][number]['certificates'][number];

/** Who we are to others, whom we trust, and how fresh that knowledge is. */
export function TrustPage({ me }: { readonly me: Me }) {
  const seen = useQuery({ queryKey: ['trust'], queryFn: () => ask<TrustView>('trust'), enabled: me.everywhere });
  return (
    <Stack>
      <Title order={1} size="h3">
        Certificates and trust
      </Title>
      {!me.everywhere && (
        <Empty title="Not for one practice alone">Those who look after all practices see the certificates.</Empty>
      )}
      {me.everywhere && seen.isPending && <Loading />}
      {seen.isError && <Trouble error={seen.error} retry={() => void seen.refetch()} />}
      {seen.data && <Parts view={seen.data} />}
    </Stack>
  );
}

function Parts({ view: { certificates, bundles, revocation, found } }: { readonly view: TrustView }) {
  const of = (use: Certificate['use']) => certificates.filter((each) => each.use === use);
  return (
    <>
      <Certificates
        title="Our own"
        note="Renew before the end: put the new file beside the old one in channels.direct.identities and run loopgate reload. Both stay in use until the old one ends."
        none="No identity is set: nothing can be sent or opened by Direct. Name one in channels.direct.identities."
        rows={of('own')}
      />
      <Certificates
        title="Partners’, named in the settings"
        note="When one ends, ask the partner for its new certificate; where the partner publishes it, leave it out of the settings."
        none="None: partners’ certificates are found where they publish them, when something is sent."
        rows={of('partner')}
      />
      <Found rows={found} />
      <Certificates
        title="Anchors: whom we trust"
        note="Mail from, and certificates of, whoever stands below one of these are taken."
        none="None: nobody is trusted, and no Direct message goes out or comes in. Name some in channels.direct.anchors or bundles."
        rows={of('anchor')}
      />
      <Bundles rows={bundles} />
      <Revocation rows={revocation} />
    </>
  );
}

interface CertificatesProps {
  readonly title: string;
  readonly note: string;
  readonly none: string;
  readonly rows: readonly Certificate[];
}

function Certificates({ title, note, none, rows }: CertificatesProps) {
  const byEnd = rows.toSorted((a, b) => a.notAfter.localeCompare(b.notAfter));
  const isAnchor = rows.some(({ use }) => use === 'anchor');
  return (
    <section>
      <Title order={2} size="h4">
        {title}
      </Title>
      <Text size="sm" c="dimmed" mb="xs">
        {rows.length === 0 ? none : note}
      </Text>
      {rows.length > 0 && (
        <table className="rows">
          <thead>
            <tr>
              <th scope="col">Certificate</th>
              <th scope="col">Until</th>
              <th scope="col">State</th>
              {isAnchor && <th scope="col">Trusted by</th>}
            </tr>
          </thead>
          <tbody>
            {byEnd.map((each, index) => (
              <tr key={`${each.sha256} ${index}`}>
                <td>
                  <Subject of={each} />
                </td>
                <td data-label="Until">
                  <When at={each.notAfter} />
                </td>
                <td data-label="State">
                  <Life of={each.state} />
                </td>
                {isAnchor && <td data-label="Trusted by">{trustedBy(each)}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

const Subject = ({ of: { subject, names, sha256 } }: { readonly of: FoundCertificate }) => (
  <>
    <strong>{subject}</strong>
    {names.length > 0 && <Text size="sm">{names.join(', ')}</Text>}
    <Text size="xs" c="dimmed" title={`SHA-256 ${sha256}`}>
      SHA-256 {sha256.slice(0, 16)}…
    </Text>
  </>
);

/** What partners publish is asked for when something goes to them, and counts for five minutes. */
const Found = ({ rows }: { readonly rows: TrustView['found'] }) => (
  <section>
    <Title order={2} size="h4">
      Partners’, found where they publish them
    </Title>
    <Text size="sm" c="dimmed" mb="xs">
      {rows.length === 0
        ? 'Nobody’s certificate was looked for since the start: that happens when something is sent to an address for which the settings name none.'
        : 'The latest answer for each address since the start. An answer counts for five minutes; whether a certificate is trusted is judged anew for each message.'}
    </Text>
    {rows.length > 0 && (
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">Looked for</th>
            <th scope="col">Certificate</th>
            <th scope="col">Until</th>
            <th scope="col">State</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((each) =>
            (each.certificates.length === 0 ? [null] : each.certificates).map((one, index) => (
              <FoundRow key={`${each.address} ${index}`} found={each} certificate={one} />
            )),
          )}
        </tbody>
      </table>
    )}
  </section>
);

const FoundRow = ({
  found: { address, at, place, told },
  certificate,
}: {
  readonly found: TrustView['found'][number];
  readonly certificate: FoundCertificate | null;
}) => (
  <tr>
    <td>
      <strong>{address}</strong>
      <Text size="sm">
        {place ?? 'nowhere'}, asked <When at={at} />
      </Text>
    </td>
    <td data-label="Certificate">{certificate ? <Subject of={certificate} /> : <Text size="sm">{told}</Text>}</td>
    <td data-label="Until">{certificate ? <When at={certificate.notAfter} /> : '–'}</td>
    <td data-label="State">
      {certificate ? (
        <Life of={certificate.state} />
      ) : (
        <Tag tone="orange" icon="!">
          none found
        </Tag>
      )}
    </td>
  </tr>
);

const directions = { in: 'for what comes in', out: 'for what goes out', both: 'both ways' } as const;

const trustedBy = ({ domains, direction, from }: Certificate): string =>
  `${domains === null ? 'all our domains' : domains.join(', ')}, ${directions[direction ?? 'both']}; from ${from ?? 'the settings'}`;

const lives: Readonly<Record<Certificate['state'], readonly [icon: string, word: string, tone: Tone]>> = {
  good: ['✓', 'good', 'green'],
  'within-30-days': ['!', 'ends within 30 days', 'orange'],
  'within-7-days': ['!', 'ends within 7 days', 'orange'],
  'within-1-day': ['!', 'ends within a day', 'red'],
  expired: ['✕', 'has ended', 'red'],
  'not-yet': ['…', 'not valid yet', 'orange'],
  replaced: ['–', 'replaced by a newer one', 'gray'],
};

function Life({ of }: { readonly of: Certificate['state'] }) {
  const [icon, word, tone] = lives[of];
  return (
    <Tag tone={tone} icon={icon}>
      {word}
    </Tag>
  );
}

/** As long as it is: a tag would not break its line. */
const Fault = ({ children }: { readonly children: ReactNode }) => (
  <Text span c="var(--bad)">
    <span aria-hidden>✕ </span>
    {children}
  </Text>
);

const Bundles = ({ rows }: { readonly rows: TrustView['bundles'] }) => (
  <section>
    <Title order={2} size="h4">
      Trust bundles
    </Title>
    {rows.length === 0 && (
      <Text size="sm" c="dimmed">
        None is set: anchors come from files only.
      </Text>
    )}
    <ul className="plain">
      {rows.map(({ url, signed, anchors, fetchedAt, failure, dueAt }) => (
        <li key={url}>
          <strong>{url}</strong>
          {signed ? '' : ' (its signature is not checked)'}: {anchors.toLocaleString()} anchors,{' '}
          {fetchedAt === null ? (
            'kept from before this start'
          ) : (
            <>
              fetched <When at={fetchedAt} />
            </>
          )}
          ; next <When at={dueAt} />. {failure !== null && <Fault>{failure}: the copy before it stays in force</Fault>}
        </li>
      ))}
    </ul>
  </section>
);

const Revocation = ({ rows }: { readonly rows: TrustView['revocation'] }) => (
  <section>
    <Title order={2} size="h4">
      Revocation
    </Title>
    {rows.length === 0 && (
      <Text size="sm" c="dimmed">
        No list or responder was asked since the start: they are when a certificate names them.
      </Text>
    )}
    <ul className="plain">
      {rows.map(({ kind, from, at, nextUpdate, overdue, failure }) => (
        <li key={`${kind} ${from}`}>
          {kind === 'list' ? 'List' : 'Responder'} <strong>{from}</strong>
          {at !== null && (
            <>
              , asked <When at={at} />
            </>
          )}
          {nextUpdate !== null && (
            <>
              , {overdue ? 'its next one was due' : 'good until'} <When at={nextUpdate} />
            </>
          )}
          . {(failure !== null || overdue) && <Fault>{failure ?? 'too old: who is judged by it waits'}</Fault>}
        </li>
      ))}
    </ul>
  </section>
);
