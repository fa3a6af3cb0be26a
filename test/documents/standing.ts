import { getPriority } from 'node:os';
import { answerEach } from '../../src/core/box.ts';

const loading = getPriority();
answerEach(() => Promise.resolve({ ok: true, value: { loading, asked: getPriority() } }));
