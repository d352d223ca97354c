import { expect, it } from 'vitest';
import { problemOf } from './problems';

it('reads code, field and words of a refusal', () => {
  expect(problemOf(400, { code: 'customer.phone_invalid', field: 'phone', detail: 'Not a phone number.' })).toMatchObject({ code: 'customer.phone_invalid', field: 'phone', message: 'Not a phone number.' });
  expect(problemOf(400, { title: 'Bad', errors: { displayName: ['Too long.'] } })).toMatchObject({ field: 'displayName', detail: 'Too long.' });
});

it('makes do with an answer that says nothing', () => expect(problemOf(502, null)).toMatchObject({ status: 502, code: 'http.502' }));
