/**
 * @module
 * The project as the house tests see it: its files, and what its sources import and export.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** The root of the repository. */
export const root: string = fileURLToPath(new URL("../..", import.meta.url));

/** The text of a file, by its path from the root. */
export function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** Does a path from the root exist? */
export function exists(path: string): boolean {
  return existsSync(join(root, path));
}

/** All files under a folder, by their paths from the root, with `/`. A folder that is not there has none. */
export function filesUnder(folder: string): string[] {
  if (!exists(folder)) return [];
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
}

/** Every file that is, or could be, committed. */
export function projectFiles(): string[] {
  try {
    const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return listed.split("\0").filter((path) => path !== "" && exists(path));
  } catch {
    const left = ["node_modules/", "dist/", "coverage/", "docs/api/", ".git/"];
    return filesUnder(".").filter((path) => !left.some((folder) => path.startsWith(folder)));
  }
}

/** One import, or re-export, of a source. */
export interface Import {
  /** As written. */
  readonly specifier: string;
  /** The source it names, by its path from the root; `undefined` for packages and `node:` modules. */
  readonly file: string | undefined;
  /** Is it there at run time, when the file is loaded? Types and `import()` are not. */
  readonly atLoad: boolean;
}

const imports = new Map<string, readonly Import[]>();

/** The imports of a source. */
export function importsOf(path: string): readonly Import[] {
  const known = imports.get(path);
  if (known !== undefined) return known;
  const found: Import[] = [];
  const add = (node: ts.Node | undefined, atLoad: boolean): void => {
    if (node === undefined || !ts.isStringLiteralLike(node)) return;
    found.push({ specifier: node.text, file: resolve(path, node.text), atLoad });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node))
      add(node.moduleSpecifier, node.importClause?.phaseModifier !== ts.SyntaxKind.TypeKeyword);
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, !node.isTypeOnly);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, false);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false);
    ts.forEachChild(node, visit);
  };
  visit(parse(path));
  imports.set(path, found);
  return found;
}

function resolve(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  return posix.join(dirname(from), specifier).replace(/\.js$/, ".ts");
}

/** The names a source exports itself, values only. */
export function exportsOf(path: string): string[] {
  return parse(path).statements.flatMap((statement) => {
    if (
      !ts.canHaveModifiers(statement) ||
      !ts.getModifiers(statement)?.some((m) => m.kind === ts.SyntaxKind.ExportKeyword)
    )
      return [];
    if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement))
      return statement.name ? [statement.name.text] : [];
    if (!ts.isVariableStatement(statement)) return [];
    return statement.declarationList.declarations.map((declaration) => declaration.name.getText());
  });
}

/** What a barrel re-exports: names, and files of which it takes all. */
export function reExportsOf(path: string): {
  readonly names: ReadonlySet<string>;
  readonly whole: ReadonlySet<string>;
} {
  const names = new Set<string>();
  const whole = new Set<string>();
  for (const statement of parse(path).statements) {
    if (!ts.isExportDeclaration(statement) || statement.isTypeOnly) continue;
    const { exportClause, moduleSpecifier } = statement;
    if (exportClause !== undefined && ts.isNamedExports(exportClause)) {
      for (const element of exportClause.elements) if (!element.isTypeOnly) names.add(element.name.text);
    } else if (moduleSpecifier !== undefined && ts.isStringLiteral(moduleSpecifier)) {
      const file = resolve(path, moduleSpecifier.text);
      if (file !== undefined) whole.add(file);
    }
  }
  return { names, whole };
}

const parsed = new Map<string, ts.SourceFile>();

function parse(path: string): ts.SourceFile {
  let source = parsed.get(path);
  if (source === undefined) {
    source = ts.createSourceFile(path, read(path), ts.ScriptTarget.ES2022, true);
    parsed.set(path, source);
  }
  return source;
}
