const namePattern = /^[A-Za-z_][A-Za-z0-9_-]{0,62}$/;

/** Throws, with `sqlState`, for a name that no database here can have. */
export function checkDatabaseName(name: string): void {
  if (namePattern.test(name) && name !== 'template0' && name !== 'template1') return;
  throw Object.assign(
    new Error(
      `database "${name}" does not exist, and cannot be made: its name must be letters, digits, "_" and "-", 63 at most`,
    ),
    { sqlState: '3D000' },
  );
}

/** The directory of a database: names that differ by case only have different ones where the file system does not tell them apart. */
export function directoryName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `+${letter.toLowerCase()}`);
}
