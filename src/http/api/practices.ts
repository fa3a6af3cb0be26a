import { createRoute } from '@hono/zod-openapi';
import type { Practice } from '../../core/channel.ts';
import { require, sees } from '../access.ts';
import type { HttpDeps } from '../deps.ts';
import { practiceList, type PracticeView } from '../practice-shapes.ts';
import { answers, resource } from './route.ts';

const list = createRoute({
  method: 'get',
  path: '/api/v1/practices',
  tags: ['gateway'],
  summary: 'The practices, with all that the settings in force say of each. They are changed there',
  responses: answers(practiceList, 'Practices'),
});

export function practiceRoutes(deps: HttpDeps) {
  return resource().openapi(list, (c) => {
    const caller = c.get('caller');
    require(caller, 'people');
    const rows = deps.practices.filter(({ id }) => sees(caller, id)).map((each) => practiceView(deps, each));
    return c.json({ rows }, 200);
  });
}

function practiceView({ channels, policy }: HttpDeps, practice: Practice): PracticeView {
  const { id, name, phone, npi, answerSheet = true, cover } = practice;
  const accountsOf = (channel: string): string[] => [...(channels.get(channel)?.ways?.(id) ?? [])];
  const sendsBy = [...channels.keys()].filter((channel) => accountsOf(channel).length > 0);
  const { stat, urgent, routine } = policy(id).order;
  return {
    ...{ id, name, phone, npi, answerSheet },
    addresses: [...new Set([...Object.keys(practice.addresses), ...sendsBy])].map((channel) => ({
      channel,
      off: !channels.has(channel),
      own: [...(practice.addresses[channel] ?? [])],
      accounts: accountsOf(channel),
    })),
    cover: { language: cover?.language ?? 'en', ownText: (cover?.template ?? null) !== null },
    policy: { stat: [...stat], urgent: [...urgent], routine: [...routine] },
  };
}
