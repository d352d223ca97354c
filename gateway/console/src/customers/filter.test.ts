import { describe, expect, it } from 'vitest';
import { fromApi, NO_FILTER, parseFilter, toApi } from './filter';

describe('a filter of the customer list', () => {
  it('is sent as the API takes it: days as instants, yes and no as such', () => {
    expect(toApi({ join: 'any', conditions: [{ field: 'city', op: 'eq', value: ' Bandung ' }, { field: 'registeredAt', op: 'gte', value: '2026-01-01' }, { field: 'isInternal', op: 'eq', value: 'false' }] }))
      .toEqual({ any: [{ field: 'city', op: 'eq', value: 'Bandung' }, { field: 'registeredAt', op: 'gte', value: '2026-01-01T00:00:00Z' }, { field: 'isInternal', op: 'eq', value: false }] });
  });
  it('leaves out what is not finished', () => {
    expect(toApi({ join: 'all', conditions: [{ field: 'city', op: 'eq', value: ' ' }] })).toBeUndefined();
    expect(toApi({ join: 'all', conditions: [{ field: 'email', op: 'isEmpty', value: '' }] })).toEqual({ all: [{ field: 'email', op: 'isEmpty' }] });
  });
  it('comes back from an address as it went there', () => {
    const filter = { join: 'all' as const, conditions: [{ field: 'tag', op: 'eq', value: 'vip' }, { field: 'registeredAt', op: 'lt', value: '2026-01-01' }] };
    expect(parseFilter(JSON.stringify(toApi(filter)))).toEqual(filter);
  });
  it.each([null, '', 'x', '{"not":{}}', '{"all":[{"field":"password","op":"eq","value":"1"}]}', '{"all":[{"field":"city","op":"drop","value":"1"}]}'])('is none for %j', (text) => expect(parseFilter(text)).toEqual(NO_FILTER));
  it('is none where a view has one that the builder cannot show', () => expect(fromApi({ all: [{ any: [] }] })).toBeNull());
});
