/** Where a VM runs or may run. */
export type Place = {
  readonly site: string;
  readonly host: string;
};

/** `north/north-1`. */
export function formatPlace({ site, host }: Place): string {
  return `${site}/${host}`;
}
