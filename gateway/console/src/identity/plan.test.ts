import { describe, expect, it } from 'vitest';
import { compare, defaultSides, type Person, planOf, suggestSurvivor } from './plan';

const person = (changes: Partial<Person>): Person => ({
  id: 'a', version: 1, number: 'CUST-000001', displayName: 'Siti Rahayu', givenName: null, familyName: null, email: null, phone: null, language: 'id', timeZone: 'Asia/Jakarta',
  address: { street: null, city: null, province: null, postalCode: null, country: 'ID' }, birthDate: null, gender: null, tags: [], lifecycleStage: 'Active', source: null, sourceId: null,
  referredBy: null, registeredAt: '2026-01-02T00:00:00Z', changedAt: '2026-01-02T00:00:00Z', consents: [], preferences: [], customFields: [], ...changes,
});

describe('comparing two records', () => {
  const left = person({ phone: '+628123456789', email: 'siti@example.com' });
  const right = person({ id: 'b', phone: '+628129999999', registeredAt: '2025-01-02T00:00:00Z' });
  const rows = compare(left, right);

  it('shows what either has and marks what is alike', () => {
    expect(rows.map((row) => row.name)).toEqual(['displayName', 'email', 'phone', 'language', 'timeZone', 'address']);
    expect(rows.find((row) => row.name === 'displayName')).toMatchObject({ same: true });
    expect(rows.find((row) => row.name === 'phone')).toEqual({ name: 'phone', left: '+628123456789', right: '+628129999999', same: false });
  });

  it('lets the fuller record survive, and of two as full the older one', () => {
    expect(suggestSurvivor(left, right)).toBe('left');
    expect(suggestSurvivor(person({}), right)).toBe('right');
    expect(suggestSurvivor(person({}), person({ registeredAt: '2025-01-01T00:00:00Z' }))).toBe('right');
  });

  it('starts from the survivor and fills its gaps', () => {
    expect(defaultSides(rows, 'right')).toMatchObject({ phone: 'right', email: 'left' });
  });

  it('says the plan from the survivor\'s side, without what is alike', () => {
    expect(planOf(rows, { ...defaultSides(rows, 'right'), phone: 'left' }, 'right')).toEqual({ email: 'absorbed', phone: 'absorbed' });
    expect(planOf(rows, { ...defaultSides(rows, 'left'), phone: 'right' }, 'left')).toEqual({ email: 'survivor', phone: 'absorbed' });
  });
});
