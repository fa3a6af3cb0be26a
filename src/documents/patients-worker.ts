import { answerEach } from '../core/box.ts';
import { patientsOf } from './patients.ts';

/** The process in which clinical documents on their way out are looked at. It may be killed at any moment. */
answerEach(({ task }) => Promise.resolve({ ok: true, value: patientsOf(task as Uint8Array) }));
