import { answerEach } from '../../../src/core/box.ts';
import { contentsOf } from './contents.ts';

/** The process in which messages are taken apart: no keys, no environment, no network, no files but its own code. It may
 *  be killed at any moment. */
answerEach(({ task }) => contentsOf(task as Buffer));
