/** A lease's holder for people: `process 8569 on north-ctl`; as it is when it has another form. */
export function holderName(holder: string): string {
  const [machine, processId] = holder.split(':');
  return machine !== undefined && /^\d+$/.test(processId ?? '') ? `process ${processId ?? ''} on ${machine}` : holder;
}
