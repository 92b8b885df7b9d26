/** The environment as a program sees it. */
export type Environment = Readonly<Record<string, string | undefined>>;
