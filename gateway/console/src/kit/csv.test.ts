import { expect, it } from 'vitest';
import { csv } from './csv';

it('quotes what needs it, marks UTF-8, and leaves no formula', () => {
  expect(csv(['a', 'b'], [['x,"y"', 1], ['=HYPERLINK("http://x")', -2], ['line\nbreak', null]])).toBe(
    '\uFEFFa,b\r\n"x,""y""",1\r\n"\'=HYPERLINK(""http://x"")",-2\r\n"line\nbreak",\r\n');
});
