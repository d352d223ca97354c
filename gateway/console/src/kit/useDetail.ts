import { useQuery } from '@tanstack/react-query';
import { useLanguage } from './i18n';

/** What a refusal means, in the reader's language. The Indonesian sentences are fetched with the first refusal that somebody reads in it. */
export function useDetail(problem: { code: string; detail: string } | undefined): string | undefined {
  const indonesian = useLanguage() === 'id';
  const sentences = useQuery({ queryKey: ['refusals'], enabled: indonesian && !!problem?.detail, staleTime: Infinity, retry: 1, queryFn: async () => (await import('../api/refusals')).inIndonesian });
  if (!problem) return undefined;
  return indonesian && sentences.data ? sentences.data(problem.code, problem.detail) : problem.detail;
}
