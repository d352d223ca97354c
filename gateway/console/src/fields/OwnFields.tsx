import { Fieldset, Grid, NativeSelect, NumberInput, TextInput } from '@mantine/core';
import { Problem } from '../api/problems';
import { DateField } from '../kit/DateField';
import { useLanguage } from '../kit/i18n';
import { useKitTexts } from '../kit/texts';
import { type Definition, type FieldState, type RecordType, typedOf, useDefinitions, withField } from './definitions';
import { useFieldTexts } from './texts';

/** Inputs for the enterprise's own fields, each by its type; nothing where none is defined. */
export function OwnFields({ recordType, value, onChange, error }: { recordType: RecordType; value: FieldState[]; onChange: (fields: FieldState[]) => void; error?: unknown }) {
  const t = useFieldTexts();
  const { data } = useDefinitions(recordType);
  if (!data?.length) return null;
  return (
    <Fieldset legend={t('title')}>
      <Grid gap="sm">{data.map((one) => (
        <Grid.Col key={one.name} span={{ base: 12, xs: 6 }}>
          <Input definition={one} typed={typedOf(value, one.name)} onType={(typed) => onChange(withField(value, one, typed))} error={error instanceof Problem && error.field === `customFields.${one.name}` ? error.detail : undefined} />
        </Grid.Col>
      ))}</Grid>
    </Fieldset>
  );
}

function Input({ definition, typed, onType, error }: { definition: Definition; typed: string; onType: (typed: string) => void; error?: string }) {
  const t = useFieldTexts();
  const kit = useKitTexts();
  const language = useLanguage();
  const bound = { label: language === 'id' ? definition.labelId : definition.labelEn, name: `customFields.${definition.name}`, withAsterisk: definition.isRequired, error };
  const empty = { value: '', label: t('chooseOne') };
  switch (definition.type) {
    // A number beyond what JavaScript keeps exactly would be saved as another one.
    case 'number': return <NumberInput {...bound} value={typed === '' ? '' : Number(typed)} min={-Number.MAX_SAFE_INTEGER / 10} max={Number.MAX_SAFE_INTEGER / 10} onChange={(value) => onType(String(value))} />;
    case 'date': return <DateField {...bound} value={typed} onChange={onType} />;
    case 'flag': return <NativeSelect {...bound} value={typed} onChange={(event) => onType(event.currentTarget.value)} data={[empty, { value: 'yes', label: kit('yes') }, { value: 'no', label: kit('no') }]} />;
    case 'choice': return <NativeSelect {...bound} value={typed} onChange={(event) => onType(event.currentTarget.value)} data={[empty, ...definition.options.map((option) => ({ value: option, label: option })), ...(typed && !definition.options.includes(typed) ? [{ value: typed, label: typed }] : [])]} />;
    default: return <TextInput {...bound} maxLength={200} dir="auto" value={typed} onChange={(event) => onType(event.currentTarget.value)} />;
  }
}
