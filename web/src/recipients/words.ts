/** What can be typed, with an example of its address. */
export const reachable = [
  { value: 'direct', label: 'Direct address', example: 'referrals@direct.hillside.example' },
  { value: 'efax', label: 'Fax number', example: '+12125550123' },
  { value: 'portal', label: 'E-mail for a portal link', example: 'office@hillside.example' },
] as const;
