import { Anchor, List, Text, Title } from '@mantine/core';
import type { DocumentView } from '../../../src/http/shapes.ts';

interface Kept {
  readonly documents: readonly DocumentView[];
  readonly proofs: readonly DocumentView[];
}

/** What was carried, and what proves that it arrived. */
export function Files({ documents, proofs }: Kept) {
  return (
    <section>
      <Title order={2} size="h4" mb="sm">
        Documents
      </Title>
      <List listStyleType="none" spacing="xs">
        {documents.map((each) => (
          <List.Item key={each.id}>
            <Name of={each} />{' '}
            <Text span size="sm" c="dimmed">
              {size(each.bytes)}
            </Text>
            {each.name !== null && <Read of={each} />}
          </List.Item>
        ))}
      </List>
      {proofs.length > 0 && (
        <>
          <Title order={2} size="h4" my="sm">
            Proof kept
          </Title>
          <List listStyleType="none" spacing="xs">
            {proofs.map((each) => (
              <List.Item key={each.id}>
                <Name of={each} />{' '}
                <Text size="xs" c="dimmed">
                  SHA-256 {each.sha256.slice(0, 16)}…
                </Text>
              </List.Item>
            ))}
          </List>
        </>
      )}
    </section>
  );
}

/** Clinical documents are better read as a page than saved. */
export const Read = ({
  of: { id, name, mediaType },
}: {
  readonly of: Pick<DocumentView, 'id' | 'name' | 'mediaType'>;
}) =>
  /^(text|application)\/xml$/.test(mediaType) ? (
    <>
      {' · '}
      <Anchor
        size="sm"
        href={`/api/v1/documents/${id}/view`}
        target="_blank"
        rel="noopener"
        aria-label={`Read ${name ?? 'the document'}`}
      >
        Read
      </Anchor>
    </>
  ) : null;

/** Who may not read the content sees what kind of file it is. */
function Name({ of: { id, name, mediaType } }: { readonly of: DocumentView }) {
  if (name === null) return mediaType;
  return (
    <Anchor href={`/api/v1/documents/${id}`} download>
      {name}
    </Anchor>
  );
}

export const size = (bytes: number): string =>
  bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
