import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const src = fileURLToPath(new URL("./src", import.meta.url));

export default defineConfig({
  resolve: {
    // The package by its name, without a build; the same list stands in tsconfig.json.
    alias: [
      { find: /^mull$/, replacement: `${src}/index.ts` },
      { find: /^mull\/(testing|tiny|serve)$/, replacement: `${src}/$1/index.ts` },
      { find: /^mull\/(adapters|tools|engines)\/(.+)$/, replacement: `${src}/$1/$2.ts` },
    ],
  },
  test: {
    pool: "forks",
    // Loading the package anew for every file takes longer than all tests together. Where garbage is counted, a file is alone.
    projects: [
      {
        extends: true,
        test: { name: "all", include: ["test/**/*.test.ts"], exclude: ["test/**/*.gc.test.ts"], isolate: false },
      },
      { extends: true, test: { name: "gc", include: ["test/**/*.gc.test.ts"] } },
    ],
    // Every worker may collect garbage on demand, so that `*.gc.test.ts` can look for leaks.
    execArgv: ["--expose-gc"],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    restoreMocks: true,
    unstubGlobals: true,
    dangerouslyIgnoreUnhandledErrors: false,
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts"],
      exclude: ["src/cli/**"],
      reporter: ["text-summary", "text", "html"],
      thresholds: { lines: 90, functions: 90, branches: 85, statements: 90 },
    },
  },
});
