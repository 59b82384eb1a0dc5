/** A page that has not answered in this time does not. */
const withinMs = 5_000;

/** The status with which a page answers, or why it does not. Redirects are answers. */
export async function askPage(url: string, signal: AbortSignal): Promise<number | string> {
  const limit = AbortSignal.timeout(withinMs);
  try {
    const { status, body } = await fetch(url, { redirect: 'manual', signal: AbortSignal.any([signal, limit]) });
    await body?.cancel();
    return status;
  } catch (error) {
    if (limit.aborted) {
      return `no answer within ${withinMs / 1_000} s`;
    }
    const { cause, message } = error as Error;
    return cause instanceof Error ? cause.message : message;
  }
}
