import { Button, FileButton, Group, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { size } from '../message/files.tsx';
import { Part, type PartProps } from './parts.tsx';

const accept =
  '.pdf,.tif,.tiff,.png,.jpg,.jpeg,.xml,.txt,application/pdf,image/tiff,image/png,image/jpeg,text/xml,text/plain';

interface DocumentsProps extends PartProps {
  readonly onAdd: (files: readonly File[]) => void;
}

/** Chosen, or dropped anywhere on the page: a file that misses the mark must not replace the page and what was typed. */
export function Documents({ draft, faults, onDraft, onAdd }: DocumentsProps) {
  const [unread, setUnread] = useState<readonly string[]>([]);
  const take = (files: readonly File[]): void => {
    void read(files).then(({ held, lost }) => {
      setUnread(lost);
      onAdd(held);
    });
  };
  useEffect(() => {
    const over = (event: DragEvent): void => {
      event.preventDefault();
    };
    const drop = (event: DragEvent): void => {
      event.preventDefault();
      take([...(event.dataTransfer?.files ?? [])]);
    };
    window.addEventListener('dragover', over);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragover', over);
      window.removeEventListener('drop', drop);
    };
  });
  return (
    <Part title="Documents">
      <Group gap="sm">
        <FileButton multiple accept={accept} onChange={take}>
          {(props) => (
            <Button {...props} variant="default">
              Add documents…
            </Button>
          )}
        </FileButton>
        <Text size="sm" c="dimmed">
          or drop them on this page: PDF, TIFF, PNG, JPEG, C-CDA, text
        </Text>
      </Group>
      {faults['files'] && <Fault>{faults['files']}</Fault>}
      {unread.length > 0 && <Fault>Cannot be read, and not added: {unread.join(', ')}</Fault>}
      {draft.files.length > 0 && (
        <ul className="to-send" aria-label="Documents to be sent">
          {draft.files.map((file, index) => (
            <li key={`${index} ${file.name}`}>
              <Group justify="space-between" wrap="nowrap" align="start">
                <Text>
                  {file.name}{' '}
                  <Text span size="sm" c="dimmed">
                    {size(file.size)}
                  </Text>
                </Text>
                <Button
                  size="compact-sm"
                  variant="default"
                  flex="none"
                  aria-label={`Take away ${file.name}`}
                  onClick={() => {
                    onDraft({ files: draft.files.filter((each) => each !== file) });
                  }}
                >
                  Take away
                </Button>
              </Group>
              {faults[`file ${index}`] && <Fault>{faults[`file ${index}`]}</Fault>}
            </li>
          ))}
        </ul>
      )}
    </Part>
  );
}

const Fault = ({ children }: { readonly children: React.ReactNode }) => (
  <Text size="sm" c="var(--bad)" role="alert">
    {children}
  </Text>
);

/** Their bytes are taken now: whoever moves or changes a file later sends what he chose. */
async function read(files: readonly File[]): Promise<{ readonly held: File[]; readonly lost: string[] }> {
  const results = await Promise.allSettled(
    files.map(async (file) => new File([await file.arrayBuffer()], file.name, file)),
  );
  const held = results.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const lost = files.filter((_, index) => results[index]?.status === 'rejected').map(({ name }) => name);
  return { held, lost };
}
