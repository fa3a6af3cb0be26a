import { describe, expect, test } from '@jest/globals';
import { objection } from '../../../channels/efax/numbers.ts';

describe('a number to fax to', () => {
  test.each(['+12125550123', '+18005550100', '+442071838750'])('%s is fine', (number) => {
    expect(objection(number, [])).toBeNull();
  });

  test.each([
    ['premium rate', '+19005550123'],
    ['premium in every area', '+12129761234'],
    ['emergency', '911'],
    ['emergency with a plus', '+1911'],
    ['an N11 exchange', '+12129111234'],
    ['letters', '+1212555CALL'],
    ['an extension', '+12125550123;ext=5'],
    ['spaces', '+1 212 555 0123'],
    ['no plus', '2125550123'],
    ['forty digits', `+${'1'.repeat(40)}`],
    ['an address of another kind', 'sip:fax@example.com'],
    ['a line break', '+12125550123\r\nX: y'],
    ['nothing', ''],
    ['our own', '+13105550100'],
  ])('is refused when it is %s', (_what, number) => {
    expect(objection(number, ['+13105550100'])).not.toBeNull();
  });
});
