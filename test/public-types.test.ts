import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const entries = ["src/index.ts", "src/client.ts", "src/contract.ts"];
const declared = declarationsOf(entries.map((entry) => join(root, entry)));

/** The declarations that a build writes of some entries, read back as a program. */
function declarationsOf(files: readonly string[]): ts.Program {
  const config = join(root, "tsconfig.json");
  const { options } = ts.parseJsonConfigFileContent(ts.readConfigFile(config, ts.sys.readFile).config, ts.sys, root);
  const written = new Map<string, string>();
  ts.createProgram(files, { ...options, noEmit: false, declaration: true, emitDeclarationOnly: true }).emit(
    undefined,
    (file, text) => written.set(file, text),
  );
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (file) => written.has(file) || (!isSource(file) && fileExists(file));
  host.readFile = (file) => written.get(file) ?? readFile(file);
  host.getSourceFile = (file, version, ...more) => {
    const text = written.get(file);
    return text === undefined ? getSourceFile(file, version, ...more) : ts.createSourceFile(file, text, version, true);
  };
  const program = ts.createProgram(files.map(declarationOf), options, host);
  expect(program.getSemanticDiagnostics().map(({ messageText }) => messageText)).toEqual([]);
  return program;
}

function declarationOf(file: string): string {
  return file.replace(/\.ts$/, ".d.ts");
}

/** Whether it is a source of this package, which its declaration takes the place of. */
function isSource(file: string): boolean {
  return file.startsWith(join(root, "src/")) && !file.endsWith(".d.ts");
}

/** Every name of this package that stands in the signatures of an entry and that the entry does not export. */
function hiddenNames(entry: string): string[] {
  const checker = declared.getTypeChecker();
  const file = declared.getSourceFile(join(root, declarationOf(entry)))!;
  const resolved = (symbol: ts.Symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const exported = new Set(checker.getExportsOfModule(checker.getSymbolAtLocation(file)!).map(resolved));
  const hidden = new Set<string>();

  function visit(node: ts.Node): void {
    // What is private is written without its type, and is nobody's business.
    if (ts.canHaveModifiers(node) && node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword)) return;
    if (ts.isIdentifier(node) && isNamed(node)) {
      const symbol = checker.getSymbolAtLocation(node);
      if (symbol) judge(resolved(symbol));
    }
    ts.forEachChild(node, visit);
  }

  function judge(symbol: ts.Symbol): void {
    const [declaration] = symbol.declarations ?? [];
    if (!declaration || exported.has(symbol) || !isOurs(declaration)) return;
    hidden.add(`${symbol.name} of ${relative(root, declaration.getSourceFile().fileName)}`);
  }

  for (const symbol of exported) for (const declaration of symbol.declarations ?? []) visit(declaration);
  return [...hidden].sort();
}

/** Whether it names a type; a `typeof` names a value. */
function isNamed({ parent }: ts.Identifier): boolean {
  return (
    ts.isTypeReferenceNode(parent) ||
    ts.isExpressionWithTypeArguments(parent) ||
    ts.isImportTypeNode(parent) ||
    (ts.isQualifiedName(parent) && !ts.isQualifiedName(parent.parent))
  );
}

/** Whether a module of this package declares it at its top, so that it could be exported. */
function isOurs(declaration: ts.Declaration): boolean {
  const { fileName } = declaration.getSourceFile();
  return fileName.startsWith(join(root, "src/")) && !ts.isTypeParameterDeclaration(declaration);
}

describe("every type that a public signature names is exported beside it", () => {
  test.each(entries)("%s", (entry) => {
    expect(hiddenNames(entry)).toEqual([]);
  });
});
