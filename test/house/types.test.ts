/**
 * @module
 * The code in the documents type-checks. That everything else does, and every `expectTypeOf` and `@ts-expect-error` in the tests with it, is seen by `npm run types`.
 */
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { codeBlocks, documents } from "./markdown.js";
import { root } from "./project.js";

const timeout = 400_000;

/** What code in documents may use without saying where it comes from. */
const globals = `
  declare const model: import("mull").Model;
  declare const question: string;
`;

const config = ts.getParsedCommandLineOfConfigFile(
  join(root, "tsconfig.json"),
  {},
  {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
      throw new Error(message(diagnostic));
    },
  },
);
if (config === undefined) throw new Error("tsconfig.json cannot be read");

/** Files of the disk, and some that exist only here. */
function hostWith(options: ts.CompilerOptions, virtual: ReadonlyMap<string, string>): ts.CompilerHost {
  const host = ts.createCompilerHost(options, true);
  return {
    ...host,
    fileExists: (path) => virtual.has(path) || host.fileExists(path),
    readFile: (path) => virtual.get(path) ?? host.readFile(path),
    getSourceFile: (path, languageVersion, ...rest) => {
      const text = virtual.get(path);
      return text === undefined
        ? host.getSourceFile(path, languageVersion, ...rest)
        : ts.createSourceFile(path, text, languageVersion, true);
    },
  };
}

function message({ messageText }: ts.Diagnostic): string {
  return ts.flattenDiagnosticMessageText(messageText, "\n");
}

function lineOf({ file, start }: ts.Diagnostic): number {
  return file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line + 1;
}

test("the code in the documents type-checks", { timeout }, () => {
  const blocks = new Map(
    documents().flatMap((document) =>
      codeBlocks(document).map((block) => [join(root, `${block.document}.${block.line}.ts`), block]),
    ),
  );
  const files = new Map([...blocks].map(([path, { code }]) => [path, code]));
  const ambient = join(root, "documents.d.ts");
  files.set(ambient, globals);
  const options = { ...config.options, isolatedDeclarations: false, declaration: false };
  const program = ts.createProgram([...files.keys()], options, hostWith(options, files));
  const found = [...files.keys()].flatMap((path) => {
    const source = program.getSourceFile(path);
    const block = blocks.get(path);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      (diagnostic) => `${block?.document ?? path}:${(block?.line ?? 0) + lineOf(diagnostic)} ${message(diagnostic)}`,
    );
  });
  expect(found).toEqual([]);
});
