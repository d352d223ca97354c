import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NOBODY, fullRequestOf, requestOf } from '../customers/details';
import { NewCustomer } from '../customers/NewCustomer';
import { changeLanguage } from '../kit/i18n';
import { axeFindings, open, Refused, serve, tidy } from '../test-page';
import { isFieldName, sayField, statesOf, typedOf, withField } from './definitions';
import { FieldDefinitions } from './FieldDefinitions';

beforeEach(() => changeLanguage('en'));
afterEach(tidy);

const API = '/api/customer/v1';
const field = (name: string, type: string, more = {}) => ({ recordType: 'customer', name, version: 1, type, labelId: `${name} (id)`, labelEn: `${name} (en)`, options: [] as string[], isRequired: false, isSearchable: true, ...more });
const pages = { '/custom-fields': FieldDefinitions, '/customers/new': NewCustomer };

describe('values', () => {
  it('keeps each by its type, and takes an emptied one away', () => {
    let fields = withField([], field('size', 'number'), '12.5');
    fields = withField(fields, field('hobby', 'text'), 'padel');
    fields = withField(fields, field('since', 'date'), '2026-01-02');
    fields = withField(fields, field('vip', 'flag'), 'no');
    expect(fields).toEqual([{ name: 'hobby', text: 'padel' }, { name: 'since', date: '2026-01-02' }, { name: 'size', number: 12.5 }, { name: 'vip', flag: false }]);
    expect(['hobby', 'since', 'size', 'vip', 'none'].map((name) => typedOf(fields, name))).toEqual(['padel', '2026-01-02', '12.5', 'no', '']);
    expect(withField(fields, field('hobby', 'text'), ' ')).toHaveLength(3);
    expect(withField(fields, field('size', 'number'), '-')).toBe(fields);
  });

  it('compares two readings of one record, whatever order and nulls they have', () => {
    const one = statesOf([{ name: 'b', text: null, number: 1, date: null, flag: null }, { name: 'a', text: 'x', number: null }]);
    expect(JSON.stringify(one)).toBe(JSON.stringify(statesOf([{ name: 'a', text: 'x' }, { name: 'b', number: 1 }])));
  });

  it('says them as people read them', () => expect([{ name: 'a', flag: false }, { name: 'a', date: '2026-01-02' }, { name: 'a', number: 0 }].map((one) => sayField(one, { yes: 'Yes', no: 'No' }))).toEqual(['No', '2 Jan 2026', '0']));

  it('leaves own fields alone where one cell is changed, and sends them from the form', () => {
    const details = { ...NOBODY, displayName: 'Budi', customFields: [{ name: 'vip', flag: true }] };
    expect(requestOf(details)).not.toHaveProperty('customFields');
    expect(fullRequestOf(details).customFields).toEqual([{ name: 'vip', flag: true }]);
  });

  it.each([['size', true], ['a_1', true], ['1a', false], ['größe', false], ['a b', false], ['a'.repeat(51), false]])('%s is a name: %s', (name, is) => expect(isFieldName(name)).toBe(is));
});

it('defines a choice with labels in both languages', async () => {
  const asked = serve({ [`GET ${API}/custom-fields/customer`]: [], [`PUT ${API}/custom-fields/customer/shirtSize`]: field('shirtSize', 'choice') });
  open('/custom-fields', pages);
  await userEvent.click(await screen.findByRole('button', { name: 'New field' }));
  const dialog = within(await screen.findByRole('dialog'));
  await userEvent.type(dialog.getByRole('textbox', { name: /Technical name/ }), 'shirtSize');
  await userEvent.type(dialog.getByRole('textbox', { name: 'Label (Indonesian)' }), 'Ukuran kaus');
  await userEvent.type(dialog.getByRole('textbox', { name: 'Label (English)' }), 'مقاس القميص');
  fireEvent.change(dialog.getByRole('combobox', { name: 'Type' }), { target: { value: 'choice' } });
  expect(dialog.getByRole('button', { name: 'Save' })).toBeDisabled();
  await userEvent.type(dialog.getByRole('combobox', { name: 'Options' }), '<b>S</b>{Enter}M{Enter}');
  expect(await axeFindings()).toEqual([]);
  await userEvent.click(dialog.getByRole('button', { name: 'Save' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  expect(asked.find((one) => one.method === 'PUT')!.body).toEqual({ type: 'choice', labelId: 'Ukuran kaus', labelEn: 'مقاس القميص', isRequired: false, isSearchable: true, options: ['<b>S</b>', 'M'] });
});

it('does not define a field anew under the name of another', async () => {
  const asked = serve({ [`GET ${API}/custom-fields/customer`]: [field('size', 'number')] });
  open('/custom-fields', pages);
  await userEvent.click(await screen.findByRole('button', { name: 'New field' }));
  const dialog = within(await screen.findByRole('dialog'));
  await userEvent.type(dialog.getByRole('textbox', { name: /Technical name/ }), 'size');
  expect(dialog.getByText('There is a field of that name already.')).toBeVisible();
  await userEvent.type(dialog.getByRole('textbox', { name: 'Label (Indonesian)' }), 'x');
  await userEvent.type(dialog.getByRole('textbox', { name: 'Label (English)' }), 'x{Enter}');
  expect(asked.some((one) => one.method === 'PUT')).toBe(false);
});

it('says that a type stays once it is used, and keeps what was typed', async () => {
  serve({ [`GET ${API}/custom-fields/customer`]: [field('size', 'number')], [`PUT ${API}/custom-fields/customer/size`]: new Refused(422, 'customer.custom_field_type_fixed', 'Records hold values of this field: its type stays.', 'type') });
  open('/custom-fields', pages);
  await userEvent.click(await screen.findByRole('button', { name: 'Change size' }));
  const dialog = within(await screen.findByRole('dialog'));
  fireEvent.change(dialog.getByRole('combobox', { name: 'Type' }), { target: { value: 'text' } });
  await userEvent.click(dialog.getByRole('button', { name: 'Save' }));
  expect((await dialog.findAllByText('Records hold values of this field: its type stays.')).length).toBeGreaterThan(0);
  expect(dialog.getByRole('combobox', { name: 'Type' })).toHaveValue('text');
});

it('changes the version that was seen, and asks which values count when somebody saved first', async () => {
  const theirs = field('size', 'number', { version: 2, labelEn: 'Shoe size', isRequired: true });
  let saved = 0;
  const asked = serve({
    [`GET ${API}/custom-fields/customer`]: () => [saved ? theirs : field('size', 'number')],
    [`PUT ${API}/custom-fields/customer/size`]: ({ body }: { body: object }) => (saved++ ? { ...theirs, ...body, version: 3 } : new Refused(412, 'customer.record_stale')),
  });
  open('/custom-fields', pages);
  await userEvent.click(await screen.findByRole('button', { name: 'Change size' }));
  const label = within(await screen.findByRole('dialog')).getByRole('textbox', { name: 'Label (English)' });
  await userEvent.clear(label);
  await userEvent.type(label, 'Foot length{Enter}');
  const dialog = within(await screen.findByRole('dialog', { name: 'Somebody else changed this record' }));
  await userEvent.click(dialog.getByRole('radio', { name: 'Foot length' }));
  await userEvent.click(dialog.getByRole('button', { name: 'Save choices' }));
  await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
  const puts = asked.filter((one) => one.method === 'PUT');
  expect(puts.map((one) => one.headers.get('If-Match'))).toEqual(['"1"', '"2"']);
  expect(puts[1]!.body).toMatchObject({ labelEn: 'Foot length', labelId: 'size (id)', isRequired: true });
});

it('does not change the field of somebody who defined that name meanwhile', async () => {
  const asked = serve({ [`GET ${API}/custom-fields/customer`]: [], [`PUT ${API}/custom-fields/customer/size`]: new Refused(428, 'request.precondition_required') });
  open('/custom-fields', pages);
  await userEvent.click(await screen.findByRole('button', { name: 'New field' }));
  const dialog = within(await screen.findByRole('dialog'));
  await userEvent.type(dialog.getByRole('textbox', { name: /Technical name/ }), 'size');
  await userEvent.type(dialog.getByRole('textbox', { name: 'Label (Indonesian)' }), 'x');
  await userEvent.type(dialog.getByRole('textbox', { name: 'Label (English)' }), 'x{Enter}');
  expect(await dialog.findByText('There is a field of that name already.')).toBeVisible();
  expect(asked.find((one) => one.method === 'PUT')!.headers.get('If-Match')).toBeNull();
});

it('shows definitions to those who may not change them, without a way to', async () => {
  serve({ [`GET ${API}/custom-fields/account`]: [field('size', 'number', { recordType: 'account' })] }, ['viewer']);
  open('/custom-fields?of=account', pages);
  expect(await screen.findByText('size (en)')).toBeVisible();
  expect(screen.queryByRole('button')).toBeNull();
});

it('asks for own fields in the person\'s language when a customer is registered, and shows which one is missing', async () => {
  await changeLanguage('id');
  let refused = false;
  const asked = serve({
    [`GET ${API}/custom-fields/customer`]: [field('hobby', 'text'), field('vip', 'flag', { isRequired: true })],
    [`POST ${API}/customers`]: () => { if (refused) return { id: '1' }; refused = true; return new Refused(422, 'customer.custom_field_required', 'The enterprise requires this field.', 'customFields.vip'); },
  }, ['sales-rep']);
  open('/customers/new', { ...pages, '/customers/:id': () => null });
  await userEvent.type(await screen.findByRole('textbox', { name: 'Nama' }), 'Budi');
  await userEvent.type(await screen.findByRole('textbox', { name: 'hobby (id)' }), 'padel');
  await userEvent.click(screen.getByRole('button', { name: 'Simpan' }));
  const vip = await screen.findByRole('combobox', { name: /vip \(id\)/ });
  await waitFor(() => expect(vip).toHaveAttribute('aria-invalid', 'true'));
  expect(vip).toHaveFocus();
  fireEvent.change(vip, { target: { value: 'yes' } });
  await userEvent.click(screen.getByRole('button', { name: 'Simpan' }));
  await waitFor(() => expect(asked.filter((one) => one.method === 'POST')).toHaveLength(2));
  expect(asked.at(-1)!.body).toMatchObject({ displayName: 'Budi', customFields: [{ name: 'hobby', text: 'padel' }, { name: 'vip', flag: true }] });
});
