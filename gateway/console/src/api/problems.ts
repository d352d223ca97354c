/** What the platform answers when it refuses something (RFC 9457), or what stands for it when it did not answer. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    /** Stable and snake_case; texts and tests go by it. */
    readonly code: string,
    readonly detail: string,
    /** The field at fault, as the API names it. */
    readonly field?: string,
    readonly traceId?: string,
  ) {
    super(detail || code);
  }

  get isConflict() { return this.status === 412 || this.status === 409; }
  get isOffline() { return this.status === 0; }
}

export function problemOf(status: number, body: unknown): Problem {
  const problem = (body ?? {}) as Record<string, unknown>;
  const errors = problem.errors as Record<string, unknown> | unknown[] | undefined;
  const first = Array.isArray(errors) ? (errors[0] as Record<string, unknown> | undefined) : undefined;
  const named = errors && !Array.isArray(errors) ? Object.entries(errors)[0] : undefined;
  return new Problem(
    status,
    text(problem.code) ?? text(first?.code) ?? `http.${status}`,
    text(problem.detail) ?? text(first?.message) ?? (named ? [named[1]].flat().map(String).join(' ') : undefined) ?? text(problem.title) ?? '',
    text(problem.field) ?? text(first?.field) ?? named?.[0],
    text(problem.traceId),
  );
}

const text = (value: unknown) => (typeof value === 'string' && value ? value : undefined);
