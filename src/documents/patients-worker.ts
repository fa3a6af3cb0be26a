import { patientsOf } from './patients.ts';

/** The process in which clinical documents on their way out are looked at. It may be killed at any moment. */
process.on('message', ({ id, task }: { readonly id: number; readonly task: Uint8Array }) => {
  process.send?.({ id, answer: { ok: true, value: patientsOf(task) } });
});
process.on('disconnect', () => process.exit(0));
