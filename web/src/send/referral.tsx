import { NativeSelect, SimpleGrid, Textarea } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { Me } from '../../../src/http/people-shapes.ts';
import { Line, Part, typed, type PartProps } from './parts.tsx';

const aboutPatient = ['sex', 'phone', 'chart', 'payer', 'memberId'];
const aboutRequester = ['requester', 'requesterNpi', 'requesterDirect', 'requesterFax'];

export const Patient = (given: PartProps) => (
  <Part title="Patient">
    <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
      <Line {...given} field="family" label="Last name" withAsterisk />
      <Line {...given} field="given" label="First names" />
      <Line {...given} field="birthDate" label="Date of birth" type="date" withAsterisk />
    </SimpleGrid>
    <Folded title="Sex, phone, chart number, insurance" faulty={aboutPatient.some((each) => each in given.faults)}>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm" mt="xs">
        <NativeSelect
          {...typed(given, 'sex')}
          label="Sex"
          data={[
            { value: '', label: 'not said' },
            { value: 'female', label: 'female' },
            { value: 'male', label: 'male' },
            { value: 'other', label: 'other' },
          ]}
        />
        <Line {...given} field="phone" label="Phone" type="tel" maxLength={40} />
        <Line {...given} field="chart" label="Chart number" />
        <span aria-hidden />
        <Line {...given} field="payer" label="Insurance" />
        <Line {...given} field="memberId" label="Member ID" maxLength={100} />
      </SimpleGrid>
    </Folded>
  </Part>
);

interface FoldedProps {
  readonly title: string;
  readonly faulty: boolean;
  readonly children: ReactNode;
}

/** What most leave out. A fault within unfolds it, and it stays so while the fault is being mended. */
function Folded({ title, faulty, children }: FoldedProps) {
  const [open, setOpen] = useState(false);
  return (
    <details
      open={open || faulty}
      onToggle={(event) => {
        setOpen(event.currentTarget.open);
      }}
    >
      <summary>{title}</summary>
      {children}
    </details>
  );
}

/** Of a practice with several clinicians, the one who refers; most forms do without. */
const Requester = (given: PartProps) => (
  <Folded
    title="Who refers, if that is not the practice itself"
    faulty={aboutRequester.some((each) => each in given.faults)}
  >
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm" mt="xs">
      <Line {...given} field="requester" label="Name of the referring clinician" />
      <Line {...given} field="requesterNpi" label="Their NPI" inputMode="numeric" maxLength={10} />
      <Line {...given} field="requesterDirect" label="Their Direct address" inputMode="email" />
      <Line {...given} field="requesterFax" label="Their fax" type="tel" maxLength={40} />
    </SimpleGrid>
  </Folded>
);

export function Service(given: PartProps) {
  const { me, draft } = given;
  const urgencies = ['routine', 'urgent', 'stat'] as const;
  const chosen = urgencies.find((each) => each === draft.texts.urgency) ?? 'routine';
  const within = (each: keyof Me['deadlines']): string => `within ${spanWords(me.deadlines[each])}`;
  return (
    <Part title="What for">
      <Textarea {...typed(given, 'reason')} label="Reason" maxLength={4000} autosize minRows={2} maxRows={8} />
      <Line
        {...given}
        field="diagnoses"
        label="Diagnoses (ICD-10-CM)"
        description="Codes, with a comma or a space between: I48.91, E11.9"
        maxLength={600}
      />
      <Line {...given} field="specialty" label="Specialty" maxLength={200} />
      <NativeSelect
        {...typed(given, 'urgency')}
        label="Urgency"
        description={`Proof that it arrived is due ${within(chosen)}; without proof it comes to the worklist.`}
        data={urgencies.map((each) => ({ value: each, label: `${each}: ${within(each)}` }))}
      />
      <Line
        {...given}
        field="neededBy"
        label="Needed by"
        type="date"
        description="If that is sooner than the time above."
      />
      <Requester {...given} />
    </Part>
  );
}

const units = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
] as const;

/** "24 hours", "15 minutes": in the largest unit that comes out even and is more than one, or else one of it. */
export function spanWords(seconds: number): string {
  const fitting = units.filter(([unit]) => seconds % unit === 0);
  const [unit, word] = fitting.find(([each]) => seconds / each > 1) ?? fitting[0] ?? ([1, 'second'] as const);
  const count = seconds / unit;
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
