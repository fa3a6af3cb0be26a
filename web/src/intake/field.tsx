import { Textarea, TextInput } from '@mantine/core';
import type { KeyboardEvent } from 'react';
import { fieldOf, labels, needsEyes, sureFrom, type Field, type Name, type Read } from './fields.ts';

interface FieldInputProps {
  readonly read: Read;
  readonly name: Name;
  readonly value: string;
  readonly confirmed: boolean;
  /** It gets the focus when the page opens. */
  readonly first: boolean;
  readonly problem: string | undefined;
  readonly readOnly: boolean;
  readonly onFocus: () => void;
  readonly onKeyDown: (event: KeyboardEvent<HTMLElement>) => void;
  readonly onValue: (value: string) => void;
}

/** One field, with how sure its reading is and the words it came from. */
export function FieldInput(given: FieldInputProps) {
  const { read, name, value, confirmed, first, problem, readOnly, onFocus, onKeyDown, onValue } = given;
  const field = fieldOf(read, name);
  const props = {
    name,
    label: labels[name],
    description: (
      <>
        <Confidence
          field={field}
          typed={value !== (field?.value ?? '')}
          confirmed={confirmed}
          asked={needsEyes(read, name)}
        />
        <Crop read={read} field={field} />
      </>
    ),
    error: problem,
    value,
    readOnly,
    autoFocus: first && !readOnly,
    autoComplete: 'off',
    maxLength: 4000,
    onKeyDown,
    onFocus,
    onChange: (event: { readonly currentTarget: { readonly value: string } }) => {
      onValue(event.currentTarget.value);
    },
  };
  return name === 'service.reason' ? (
    <Textarea {...props} autosize minRows={2} maxRows={8} />
  ) : (
    <TextInput {...props} />
  );
}

const margin = 8;

/** The words as they stand on the page, beside what was read of them. */
function Crop({ read: { entry }, field }: { readonly read: Read; readonly field: Field | undefined }) {
  const sheet = field?.place ? entry.sheets[field.place.page] : undefined;
  if (!field?.place || !sheet) return null;
  const { x, y, width, height } = field.place.box;
  return (
    <svg
      className="crop"
      viewBox={`${x - margin} ${y - margin} ${width + 2 * margin} ${height + 2 * margin}`}
      preserveAspectRatio="xMinYMid meet"
      aria-hidden
    >
      <image
        href={`/api/v1/documents/${sheet.document}/pages/${sheet.number}.png`}
        width={sheet.width}
        height={sheet.height}
      />
    </svg>
  );
}

interface ConfidenceProps {
  readonly field: Field | undefined;
  readonly typed: boolean;
  readonly confirmed: boolean;
  readonly asked: boolean;
}

function Confidence({ field, typed, confirmed, asked }: ConfidenceProps) {
  if (typed || field?.by === 'person') return <>✎ typed by a person</>;
  if (confirmed) return field?.value ? <>✓ confirmed by you</> : <>– left empty by you</>;
  if (!field) return <>✕ missing: not found on the pages</>;
  if (field.value === '') return <>✎ handwritten: type what the picture shows</>;
  if (field.confidence < sureFrom) return <>! check it against the page: the reading is doubtful</>;
  return asked ? <>✓ read clearly; confirm it, because it says whose page this is</> : <>✓ sure</>;
}
