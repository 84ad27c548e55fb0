/** The exit code by which a scenario says that it cannot run here; its last line says why. */
export const skippedExitCode = 77;

export function skip(reason: string): never {
  console.log(reason);
  process.exit(skippedExitCode);
}
