import { Alert, Button, Group, List, NativeSelect, Progress, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { BulkResult, PlanView } from '../../../src/http/desk-shapes.ts';
import type { Me } from '../../../src/http/people-shapes.ts';
import { ask, client } from '../api.ts';
import { Dialog, Loading, Trouble } from '../parts.tsx';
import type { Filter } from './filter.ts';
import { channelName } from '../channel-words.ts';

export type BulkVerb = 'retry' | 'reroute' | 'hold' | 'cancel';
export type Chosen = { readonly ids: readonly string[] } | { readonly filter: Filter };

const words: Readonly<Record<BulkVerb, { readonly title: string; readonly act: string }>> = {
  retry: { title: 'Send them again?', act: 'Send again' },
  reroute: { title: 'Send them another way?', act: 'Send by the other route' },
  hold: { title: 'Stop them until somebody decides?', act: 'Hold' },
  cancel: { title: 'Cancel these deliveries?', act: 'Cancel them' },
};

const batch = 25;
const typedFrom = 50;
const undoSeconds = 10;

interface BulkProps {
  readonly verb: BulkVerb;
  readonly on: Chosen;
  readonly me: Me;
  readonly onClose: (done: boolean) => void;
}

/** Plan, confirm, ten seconds to take it back, then progress that can be stopped. */
export function Bulk({ verb, on, me, onClose }: BulkProps) {
  const ways = me.channels.filter((name) => name !== 'intake');
  const [channel, setChannel] = useState(ways[0] ?? '');
  const way = verb === 'reroute' ? { channel } : {};
  const plan = useQuery({
    queryKey: ['plan', verb, on, way],
    queryFn: () => ask<PlanView>('deliveries/plan', { method: 'POST', body: { verb, ...way, ...on } }),
    staleTime: Infinity,
    gcTime: 0,
  });
  const run = useRun(verb, way);
  const busy = run.state === 'counting' || run.state === 'running';
  const close = (): void => {
    if (!busy) onClose(run.state === 'over');
  };
  return (
    <Dialog title={words[verb].title} onClose={close} busy={busy}>
      {run.state === 'none' ? (
        <Stack>
          {verb === 'reroute' && (
            <NativeSelect
              label="Which way?"
              data={ways.map((name) => ({ value: name, label: channelName(name) }))}
              value={channel}
              onChange={(event) => {
                setChannel(event.currentTarget.value);
              }}
            />
          )}
          {plan.isPending && <Loading />}
          {plan.isError && <Trouble error={plan.error} retry={() => void plan.refetch()} />}
          {plan.data && (
            <Confirm
              verb={verb}
              plan={plan.data}
              onBack={close}
              onGo={(reason) => {
                run.start(plan.data.items, reason);
              }}
            />
          )}
        </Stack>
      ) : (
        <Running verb={verb} run={run} onClose={close} />
      )}
    </Dialog>
  );
}

interface ConfirmProps {
  readonly verb: BulkVerb;
  readonly plan: PlanView;
  readonly onBack: () => void;
  readonly onGo: (reason: string) => void;
}

function Confirm({ verb, plan, onBack, onGo }: ConfirmProps) {
  const [reason, setReason] = useState('');
  const [typed, setTyped] = useState('');
  const count = plan.items.length;
  const sure = count <= typedFrom || Number(typed) === count;
  const ready = count > 0 && reason.trim() !== '' && sure;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) onGo(reason.trim());
      }}
    >
      <Stack>
        <Text fw={600}>
          {count === 0
            ? 'It applies to none of them.'
            : `It applies to ${count.toLocaleString()} ${count === 1 ? 'delivery' : 'deliveries'}.`}
        </Text>
        {plan.skipped.length > 0 && (
          <List size="sm">
            {plan.skipped.map(({ why, count: left }) => (
              <List.Item key={why}>
                {left.toLocaleString()} left alone: {why}
              </List.Item>
            ))}
          </List>
        )}
        {plan.more && <Alert variant="light">More match the filter than one plan takes; do the rest afterwards.</Alert>}
        {plan.duplicates > 0 && (
          <Alert color="orange" variant="light" title={`${plan.duplicates.toLocaleString()} of them may arrive twice`}>
            An earlier attempt may have arrived. Each copy is marked as a possible duplicate.
          </Alert>
        )}
        {count > 0 && (
          <Textarea
            label="Why?"
            description="Kept on record for each of them, with your name."
            required
            data-autofocus
            maxLength={500}
            value={reason}
            onChange={(event) => {
              setReason(event.currentTarget.value);
            }}
          />
        )}
        {count > typedFrom && (
          <TextInput
            label={`To be sure, type how many: ${count}`}
            inputMode="numeric"
            value={typed}
            onChange={(event) => {
              setTyped(event.currentTarget.value);
            }}
          />
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onBack}>
            Back
          </Button>
          {count > 0 && (
            <Button type="submit" disabled={!ready}>
              {words[verb].act}
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}

type Item = PlanView['items'][number];

interface Run {
  readonly state: 'none' | 'counting' | 'running' | 'over';
  readonly left: number;
  readonly done: number;
  readonly total: number;
  readonly stopped: boolean;
  readonly problems: readonly { readonly id: string; readonly problem: string }[];
  readonly error: Error | null;
  start: (items: readonly Item[], reason: string) => void;
  now: () => void;
  stop: () => void;
}

/** Goes on while the page is open; what was not sent yet when it closes is not done. */
function useRun(verb: BulkVerb, way: { readonly channel?: string }): Run {
  const [state, setState] = useState<Run['state']>('none');
  const [left, setLeft] = useState(undoSeconds);
  const [done, setDone] = useState(0);
  const [problems, setProblems] = useState<Run['problems']>([]);
  const [error, setError] = useState<Error | null>(null);
  const [job, setJob] = useState<{ readonly items: readonly Item[]; readonly reason: string } | null>(null);
  const stopped = useRef(false);

  useEffect(() => {
    if (state !== 'counting') return undefined;
    if (left <= 0) {
      setState('running');
      return undefined;
    }
    const timer = setTimeout(() => {
      setLeft(left - 1);
    }, 1_000);
    return () => {
      clearTimeout(timer);
    };
  }, [state, left]);

  useEffect(() => {
    if (state !== 'running' || job === null) return;
    void runAll(job.items, job.reason);
    // The run starts once; what it needs was settled when it was confirmed.
  }, [state, job]);

  async function runAll(items: readonly Item[], reason: string): Promise<void> {
    try {
      for (let from = 0; from < items.length && !stopped.current; from += batch) {
        const body = { verb, ...way, reason, items: items.slice(from, from + batch) };
        const { results } = await ask<BulkResult>('deliveries/bulk', { method: 'POST', body });
        setDone(from + results.length);
        const failed = results.flatMap(({ id, problem }) => (problem === null ? [] : [{ id, problem }]));
        if (failed.length > 0) setProblems((before) => [...before, ...failed]);
      }
    } catch (cause) {
      setError(cause instanceof Error ? cause : new Error('Something went wrong on this page.'));
    }
    setState('over');
    void client.invalidateQueries({ queryKey: ['overview'] });
  }

  return {
    state,
    left,
    done,
    total: job?.items.length ?? 0,
    stopped: stopped.current,
    problems,
    error,
    start: (items, reason) => {
      setJob({ items, reason });
      setState('counting');
    },
    now: () => {
      setState('running');
    },
    stop: () => {
      stopped.current = true;
      if (state === 'counting') setState('over');
    },
  };
}

function Running({ verb, run, onClose }: { readonly verb: BulkVerb; readonly run: Run; readonly onClose: () => void }) {
  const { state, done, total, problems } = run;
  return (
    <Stack>
      {state === 'counting' && (
        <Text role="status">
          {words[verb].act}: {total.toLocaleString()}, in {run.left} s. Nothing has happened yet.
        </Text>
      )}
      {state === 'running' && (
        <Text role="status">
          {done.toLocaleString()} of {total.toLocaleString()}. Keep this page open.
        </Text>
      )}
      {state === 'over' && (
        <Text role="status" fw={600}>
          {run.stopped ? 'Stopped. ' : ''}
          {(done - problems.length).toLocaleString()} of {total.toLocaleString()} done.
        </Text>
      )}
      <Progress value={total === 0 ? 0 : (100 * done) / total} aria-label="Done" />
      {run.error && <Trouble error={run.error} />}
      {problems.length > 0 && (
        <List size="sm">
          {problems.slice(0, 20).map(({ id, problem }) => (
            <List.Item key={id}>
              {id}: {problem}
            </List.Item>
          ))}
          {problems.length > 20 && <List.Item>and {problems.length - 20} more</List.Item>}
        </List>
      )}
      <Group justify="flex-end">
        {state === 'counting' && (
          <>
            <Button variant="default" onClick={run.stop} data-autofocus>
              Undo
            </Button>
            <Button onClick={run.now}>Do it now</Button>
          </>
        )}
        {state === 'running' && (
          <Button variant="default" onClick={run.stop}>
            Stop
          </Button>
        )}
        {state === 'over' && <Button onClick={onClose}>Close</Button>}
      </Group>
    </Stack>
  );
}
