const names: Readonly<Record<string, string>> = {
  direct: 'Direct',
  efax: 'Fax',
  portal: 'Portal',
  intake: 'Intake',
  api: 'API',
  edge: 'Own mail',
};

/** What people call it; another channel by its own name. */
export const channelName = (channel: string): string => names[channel] ?? channel;

/** One way to somebody, as people say it. */
export const wayTo = (channel: string, address: string): string =>
  channel === 'portal'
    ? `Portal link to ${address.replace(/^fax:/, 'the fax at ')}`
    : `${channelName(channel)} ${address}`;
