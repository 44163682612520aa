/** The package brings no types that TypeScript finds; this is what is called of it. */
declare module 'asl-validator' {
  export default function aslValidator(
    definition: unknown,
    options: { checkArn: boolean; checkPaths: boolean },
  ): { isValid: boolean; errorsText(separator: string): string };
}
