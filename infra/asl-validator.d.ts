/** The package has no types that TypeScript finds. These cover the one call in use. */
declare module 'asl-validator' {
  export default function aslValidator(
    definition: unknown,
    options: { checkArn: boolean; checkPaths: boolean },
  ): { isValid: boolean; errorsText(separator: string): string };
}
