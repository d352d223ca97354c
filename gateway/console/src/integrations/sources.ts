/** What the API takes for a source's name. */
export const isSource = (name: string) => /^[a-z0-9][a-z0-9._-]{0,49}$/.test(name);
