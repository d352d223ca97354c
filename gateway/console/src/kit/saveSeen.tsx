import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useState } from 'react';
import { Problem } from '../api/problems';
import { ConflictDialog } from './ConflictDialog';

interface Saving<R extends { version: number }, F extends object> {
  /** As it was when the form was opened; undefined for a new one. */
  record: R | undefined;
  formOf: (record: R) => F;
  read: () => Promise<R>;
  /** `version` is the one that was seen, undefined for a new one. */
  write: (form: F, version: number | undefined) => Promise<R>;
  label: (field: keyof F) => string;
  show?: (value: unknown, field: keyof F) => string;
  saved: (record: R) => void;
}

/** Saves a form of something that has versions. When somebody else saved first (412), both values are shown and one chooses; render `dialog`. */
export function useSaveSeen<R extends { version: number }, F extends object>({ record, formOf, read, write, label, show, saved }: Saving<R, F>) {
  // What arrives in the background must not become what the form was filled from.
  const [base] = useState(record);
  const [conflict, setConflict] = useState<{ theirs: R; mine: F } | null>(null);
  const save = useMutation({
    mutationFn: ({ form, version }: { form: F; version: number | undefined }) => write(form, version),
    onSuccess: (now) => { setConflict(null); saved(now); },
    onError: async (error, { form }) => { if (base && error instanceof Problem && error.status === 412) setConflict({ theirs: await read(), mine: form }); },
  });
  const dialog: ReactNode = base && conflict && (
    <ConflictDialog key={conflict.theirs.version} base={formOf(base)} theirs={formOf(conflict.theirs)} mine={conflict.mine} label={label} show={show} pending={save.isPending}
      onClose={() => setConflict(null)} onKeep={(merged) => save.mutate({ form: merged, version: conflict.theirs.version })} />
  );
  return { save: (form: F) => save.mutate({ form, version: base?.version }), pending: save.isPending, error: conflict ? null : save.error, dialog };
}
