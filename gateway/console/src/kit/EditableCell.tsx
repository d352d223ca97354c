import { Loader, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';

/** A cell that is being changed: Enter or leaving it saves, Escape gives up. A refusal stays in the cell with what was typed. */
export function EditableCell({ label, value, save, onDone }: { label: string; value: string; save: (value: string) => Promise<unknown>; onDone: () => void }) {
  const [text, setText] = useState(value);
  const [saving, setSaving] = useState(false);
  const [error, setError] = useState<string | null>(null);
  async function commit() {
    if (saving) return;
    if (text.trim() === value) return onDone();
    setSaving(true);
    try {
      await save(text.trim());
      onDone();
    } catch (problem) {
      setError((problem as Error).message);
      notifications.show({ message: (problem as Error).message, color: 'red' });
      setSaving(false);
    }
  }
  return (
    <TextInput size="xs" aria-label={label} value={text} autoFocus dir="auto" error={error !== null} title={error ?? undefined} rightSection={saving ? <Loader size={12} /> : undefined} disabled={saving}
      onFocus={(event) => event.currentTarget.select()} onChange={(event) => { setText(event.currentTarget.value); setError(null); }} onBlur={() => { if (error === null) void commit(); else onDone(); }} onDoubleClick={(event) => event.stopPropagation()}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === 'Enter') { event.preventDefault(); void commit(); }
        if (event.key === 'Escape') onDone();
      }} />
  );
}
