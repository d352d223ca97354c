import { useQuery } from '@tanstack/react-query';
import { customerApi, take } from '../api/client';
import type { components } from '../api/generated/customer';
import { day, number } from '../kit/format';
import { useLanguage } from '../kit/i18n';

export type Definition = components['schemas']['DefineCustomFieldResponse'];
export type FieldState = components['schemas']['CustomFieldState'];
export type RecordType = 'customer' | 'account';
export const TYPES = ['text', 'number', 'date', 'flag', 'choice'];

export const isFieldName = (name: string) => /^[A-Za-z][A-Za-z0-9_]{0,49}$/.test(name);

export const useDefinitions = (recordType: RecordType) =>
  useQuery({ queryKey: ['custom-fields', recordType], staleTime: 60_000, queryFn: () => take(customerApi.GET('/api/customer/v1/custom-fields/{recordType}', { params: { path: { recordType } } })) });

/** What a field is called in the person's language; its technical name where nobody has defined it. */
export function useLabels(recordType: RecordType) {
  const language = useLanguage();
  const { data } = useDefinitions(recordType);
  return (name: string) => {
    const definition = data?.find((one) => one.name === name);
    return definition ? (language === 'id' ? definition.labelId : definition.labelEn) : name;
  };
}

/** A field with the one value that it has, by name: what two readings of one record can be compared by. */
export const statesOf = (fields: FieldState[]): FieldState[] => fields
  .map(({ name, text, number: amount, date, flag }): FieldState => (text != null ? { name, text } : amount != null ? { name, number: amount } : date != null ? { name, date } : { name, flag: flag ?? false }))
  .sort((a, b) => (a.name < b.name ? -1 : 1));

/** The value as people read it. */
export const sayField = (field: FieldState, words: { yes: string; no: string }) =>
  field.text ?? (field.date ? day(field.date) : field.number != null ? number(field.number, 4) : field.flag == null ? null : field.flag ? words.yes : words.no);

/** `fields` with `name` set to what was typed; an empty text takes it away. */
export function withField(fields: FieldState[], { name, type }: Pick<Definition, 'name' | 'type'>, typed: string): FieldState[] {
  const rest = fields.filter((one) => one.name !== name);
  if (typed.trim() === '') return rest;
  const value = type === 'number' ? { number: Number(typed) } : type === 'date' ? { date: typed } : type === 'flag' ? { flag: typed === 'yes' } : { text: typed };
  if (value.number !== undefined && !Number.isFinite(value.number)) return fields;
  return statesOf([...rest, { name, ...value }]);
}

/** What stands in the input. */
export function typedOf(fields: FieldState[], name: string): string {
  const field = fields.find((one) => one.name === name);
  if (!field) return '';
  return field.text ?? field.date ?? (field.number != null ? String(field.number) : field.flag == null ? '' : field.flag ? 'yes' : 'no');
}
