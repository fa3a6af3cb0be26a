import { contentsOf } from './contents.ts';

/** The process in which messages are taken apart: no keys, no environment, no network, no files but its own code. It may
 *  be killed at any moment. */
process.on('message', ({ id, task }: { readonly id: number; readonly task: Buffer }) => {
  void contentsOf(task).then((answer) => process.send?.({ id, answer }));
});
process.on('disconnect', () => process.exit(0));
