import { type RunReport, renderHtml, renderJson, renderJUnit, renderText } from '../../reports/index.js';
import { type Call, data, optionText } from '../call.js';
import { readEstate } from '../estate-file.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { writeText } from '../files.js';
import { withWorld } from '../open-world.js';
import { reportNow } from '../run-report.js';
import { findRun } from './find-run.js';

/** `lifeboat report`: made from the journal alone. */
export async function reportCommand(call: Call): Promise<ExitCode> {
  return withWorld(call, { estate: readEstate(call) }, async (world) => {
    const { runId } = await findRun(call, world);
    const text = render(call, await reportNow(world, runId));
    const out = optionText(call, 'out');
    if (out === undefined) {
      data(call, text);
    } else {
      writeText(call, out, text);
    }
    return exitCodes.done;
  });
}

function render({ format }: Call, report: RunReport): string {
  switch (format) {
    case 'text':
      return renderText(report);
    case 'json':
      return renderJson(report);
    case 'html':
      return renderHtml(report);
    case 'junit':
      return renderJUnit(report);
  }
}
