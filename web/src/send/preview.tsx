import { Alert, List, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import type { FaxPreview } from '../../../src/http/preview-shapes.ts';
import { Dialog, Loading, Tag } from '../parts.tsx';
import type { Look } from './sending.ts';

type Page = FaxPreview['pages'][number];

interface PreviewProps {
  readonly look: Look | null;
  readonly looking: boolean;
  /** Null: no fax would go out. */
  readonly fax: string | null;
}

/** The pages as the fax line carries them. */
export function Preview({ look, looking, fax }: PreviewProps) {
  const [large, setLarge] = useState<Page | null>(null);
  return (
    <section className="fax-pages" aria-labelledby="fax-pages" tabIndex={-1}>
      <Title order={2} size="h4" id="fax-pages" mb="xs">
        As it will be faxed
      </Title>
      {looking && <Loading />}
      {!looking && !look && (
        <Text c="dimmed" size="sm">
          {fax === null
            ? 'No fax number yet. What goes by Direct or portal link arrives as the files that you add.'
            : '“Preview” shows the pages, what they cost, and which will be hard to read.'}
        </Text>
      )}
      {!looking && look && (
        <Stack gap="sm">
          <Told look={look} />
          <div className="fax-strip">
            {look.fax.pages.map((page) => (
              <Sheet key={page.number} page={page} onLarge={setLarge} />
            ))}
          </div>
        </Stack>
      )}
      {large && (
        <Dialog
          title={`Page ${large.number}`}
          onClose={() => {
            setLarge(null);
          }}
        >
          <img className="fax-page" src={sourceOf(large)} alt={`Page ${large.number} as it will be faxed`} />
        </Dialog>
      )}
    </section>
  );
}

const sourceOf = ({ image }: Page): string => `data:image/png;base64,${image ?? ''}`;

function Told({ look: { fax, firstFax } }: { readonly look: Look }) {
  const { pages, number, seconds, prices, barred } = fax;
  const warned = pages.filter(({ warnings }) => warnings.length > 0);
  const minutes = Math.max(1, Math.ceil(seconds / 60));
  return (
    <>
      <Text size="sm">
        {pages.length} {pages.length === 1 ? 'page' : 'pages'} to <span className="number">{number}</span>, about{' '}
        {minutes} min on the line
        {prices.length > 0 &&
          `; ${prices.map(({ account, amount, currency }) => `${amount.toFixed(2)} ${currency} by ${account}`).join(', ')}`}
        . Nothing is sent yet.
      </Text>
      {barred !== null && (
        <Alert color="red" variant="light" title={`This number is not dialled now: ${barred}.`}>
          If you send it, it takes another way, or waits for a person in the worklist.
        </Alert>
      )}
      {firstFax && (
        <Alert color="blue" variant="light" title="No fax has come to this number yet.">
          Compare it with the office’s own paper or website.
        </Alert>
      )}
      {warned.length > 0 && (
        <Alert
          color="orange"
          variant="light"
          title={`${warned.length === 1 ? 'A page' : `${warned.length} pages`} to look at`}
        >
          <List size="sm" spacing={4}>
            {warned.flatMap((page) =>
              page.warnings.map(({ code, text }) => (
                <List.Item key={`${page.number} ${code}`}>
                  Page {page.number}: {text}
                </List.Item>
              )),
            )}
          </List>
        </Alert>
      )}
    </>
  );
}

const briefly = { dark: 'dark', blank: 'blank', 'small-print': 'small print' } as const;

const Sheet = ({ page, onLarge }: { readonly page: Page; readonly onLarge: (page: Page) => void }) => (
  <figure>
    {page.image === null ? (
      <div className="no-picture">no picture, but checked</div>
    ) : (
      <button
        type="button"
        aria-label={`Page ${page.number}, larger`}
        onClick={() => {
          onLarge(page);
        }}
      >
        <img className="fax-page" src={sourceOf(page)} alt="" />
      </button>
    )}
    <figcaption>
      {page.number}
      {page.ours && ' · added by us'}
      {page.warnings.map(({ code }) => (
        <Tag key={code} tone="orange" icon="!">
          {briefly[code]}
        </Tag>
      ))}
    </figcaption>
  </figure>
);
