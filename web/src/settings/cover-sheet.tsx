import { Text } from '@mantine/core';
import { useState } from 'react';

/** The first page of every fax of a practice, as a stranger gets it. Drawn only when somebody wants to see it. */
export function CoverSheet({ practice, name }: { readonly practice: string; readonly name: string }) {
  const [open, setOpen] = useState(false);
  const [failed, setFailed] = useState(false);
  return (
    <details
      onToggle={(event) => {
        setOpen(event.currentTarget.open);
      }}
    >
      <summary>Cover sheet of its faxes</summary>
      {failed ? (
        <Text size="sm" c="dimmed">
          There is none: no fax account belongs to this practice.
        </Text>
      ) : (
        open && (
          <img
            className="cover-sheet"
            src={`/api/v1/practices/${practice}/cover.png`}
            alt={`Cover sheet of ${name}, with a sample recipient`}
            width={432}
            height={561}
            onError={() => {
              setFailed(true);
            }}
          />
        )
      )}
    </details>
  );
}
