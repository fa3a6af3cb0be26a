import { Container, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useRef, type ReactNode } from 'react';
import type { Me } from '../../src/http/people-shapes.ts';
import { whoAmI } from './api.ts';
import { Frame } from './frame.tsx';
import { Later } from './later.tsx';
import { NotYet } from './parts.tsx';
import { Go, usePlace } from './place.tsx';
import { SignIn } from './sign-in.tsx';

const views = {
  '': () => import('./overview.tsx'),
  worklist: () => import('./worklist.tsx'),
  deliveries: () => import('./log/page.tsx'),
  messages: () => import('./message/page.tsx'),
  intake: () => import('./intake/queue.tsx'),
  entry: () => import('./intake/review.tsx'),
  referrals: () => import('./referrals.tsx'),
  referral: () => import('./referral.tsx'),
  send: () => import('./send/page.tsx'),
  account: () => import('./account/page.tsx'),
  audit: () => import('./audit.tsx'),
  settings: () => import('./settings/page.tsx'),
  channels: () => import('./channels.tsx'),
  trust: () => import('./trust.tsx'),
  recipients: () => import('./recipients/page.tsx'),
  recipient: () => import('./recipients/one.tsx'),
  numbers: () => import('./numbers.tsx'),
};

const OverviewPage = lazy(async () => ({ default: (await views['']()).OverviewPage }));
const WorklistPage = lazy(async () => ({ default: (await views.worklist()).WorklistPage }));
const LogPage = lazy(async () => ({ default: (await views.deliveries()).LogPage }));
const MessagePage = lazy(async () => ({ default: (await views.messages()).MessagePage }));
const IntakePage = lazy(async () => ({ default: (await views.intake()).IntakePage }));
const EntryPage = lazy(async () => ({ default: (await views.entry()).EntryPage }));
const ReferralsPage = lazy(async () => ({ default: (await views.referrals()).ReferralsPage }));
const ReferralPage = lazy(async () => ({ default: (await views.referral()).ReferralPage }));
const SendPage = lazy(async () => ({ default: (await views.send()).SendPage }));
const AccountPage = lazy(async () => ({ default: (await views.account()).AccountPage }));
const AuditPage = lazy(async () => ({ default: (await views.audit()).AuditPage }));
const SettingsPage = lazy(async () => ({ default: (await views.settings()).SettingsPage }));
const ChannelsPage = lazy(async () => ({ default: (await views.channels()).ChannelsPage }));
const TrustPage = lazy(async () => ({ default: (await views.trust()).TrustPage }));
const RecipientsPage = lazy(async () => ({ default: (await views.recipients()).RecipientsPage }));
const RecipientPage = lazy(async () => ({ default: (await views.recipient()).RecipientPage }));
const NumbersPage = lazy(async () => ({ default: (await views.numbers()).NumbersPage }));

/** What the address names is fetched while the gateway is still asked who is there; a failure shows when it is wanted. */
function fetchEarly([, kind = '', id]: readonly string[]): void {
  const one =
    id === undefined ? kind : ({ intake: 'entry', referrals: 'referral', recipients: 'recipient' }[kind] ?? kind);
  const view = Object.entries(views).find(([name]) => name === one)?.[1];
  view?.().catch(() => undefined);
}
fetchEarly(window.location.pathname.split('/'));

export function App() {
  const me = useQuery({ queryKey: ['me'], queryFn: whoAmI, staleTime: Infinity });
  if (!me.isSuccess) {
    return (
      <Container component="main" py="xl">
        <NotYet title="Loopgate" of={me} />
      </Container>
    );
  }
  return me.data ? <House me={me.data} /> : <SignIn />;
}

function House({ me }: { readonly me: Me }) {
  const { pathname } = usePlace();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    // A new page is announced by moving the focus to it, as a loaded page would.
    if (first.current) first.current = false;
    else main.current?.focus();
  }, [pathname]);
  return (
    <Frame me={me} path={pathname} main={main}>
      <Suspense fallback={<NotYet title="Loopgate" of={null} />}>
        <Page me={me} path={pathname} />
      </Suspense>
      <Later />
    </Frame>
  );
}

function Page({ me, path }: { readonly me: Me; readonly path: string }) {
  const [, kind = '', id] = path.split('/');
  if (me.needsFactor) return <AccountPage me={me} />;
  const pages: Readonly<Record<string, () => ReactNode>> = {
    '': () => <OverviewPage me={me} />,
    worklist: () => <WorklistPage me={me} />,
    deliveries: () => <LogPage me={me} />,
    messages: () => (id ? <MessagePage id={id} key={id} me={me} /> : null),
    intake: () => (id ? <EntryPage id={id} key={id} /> : <IntakePage />),
    referrals: () => (id ? <ReferralPage id={id} key={id} me={me} /> : <ReferralsPage />),
    send: () => (me.rights.includes('send') ? <SendPage me={me} /> : null),
    channels: () => <ChannelsPage me={me} />,
    trust: () => <TrustPage me={me} />,
    recipients: () => (id ? <RecipientPage id={id} key={id} me={me} /> : <RecipientsPage me={me} />),
    numbers: () => <NumbersPage me={me} />,
    audit: () => <AuditPage />,
    settings: () => <SettingsPage me={me} />,
    account: () => <AccountPage me={me} />,
  };
  return (
    pages[kind]?.() ?? (
      <>
        <Title order={1} size="h3">
          There is no such page
        </Title>
        <Text>
          The menu leads everywhere; <Go to="/">start at the overview</Go>.
        </Text>
      </>
    )
  );
}
