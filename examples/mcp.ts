// The Model Context Protocol, both ways. Started with `serve`, this file is an MCP server: a calculator, and a whole stack as a tool. Without, it starts
// itself as that server, lets the embedded model use the calculator, and another model the stack.
import { McpServer } from "@modelcontextprotocol/server";
import { StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import { chainOfThought, majorityVote, number, run, sampleN, stack, toolLoop } from "mull";
import { scripted } from "mull/testing";
import { problems, tiny } from "mull/tiny";
import { calculate } from "mull/tools/calculator";
import { connectMcp, registerModel } from "mull/tools/mcp";
import * as z from "zod";

const model = await tiny();
const [problem] = problems({ seed: 8, count: 1, grade: "hard" });
const question = problem?.question ?? "";

if (process.argv[2] === "serve") {
  const server = new McpServer({ name: "reckoning", version: "1.0.0" });
  const solver = stack(model, chainOfThought({ answer: number() }), sampleN(16), majorityVote());
  registerModel(server, {
    name: "solve",
    description: "Solves a word problem. Slow and thorough.",
    model: solver,
    budget: { calls: 16 },
    seed: 1,
  });
  const inputSchema = z.object({ expression: z.string() });
  server.registerTool("calculator", { description: "Computes an expression.", inputSchema }, ({ expression }) => ({
    content: [{ type: "text", text: calculate(expression) }],
  }));
  await server.connect(new StdioServerTransport());
} else {
  const server = await connectMcp(
    { command: process.execPath, args: [...process.execArgv, ...process.argv.slice(1, 2), "serve"] },
    { onProgress: ({ tool, message }) => console.log(`  … ${tool}: ${message ?? ""}`) },
  );
  console.log(`tools of the server: ${server.tools.map(({ name }) => name).join(", ")}\n\n${question}`);

  // The model reads, the server calculates.
  const tools = server.tools.filter(({ name }) => name === "calculator");
  const { answer, steps } = await run(
    stack(model, chainOfThought({ answer: number() }), toolLoop({ tools })),
    question,
    {
      seed: 1,
    },
  );
  for (const { calls, results } of steps) {
    for (const [index, { name, input }] of calls.entries()) {
      console.log(`  ${name}(${JSON.stringify(input)}) → ${String(results[index]?.output)}`);
    }
  }
  console.log(`with the calculator: ${answer} (true: ${problem?.answer})\n`);

  // A model that asks for help: its one tool is the stack behind the server.
  const call = { type: "tool-call" as const, id: "1", name: "solve", input: { prompt: question } };
  const assistant = scripted([{ text: "", toolCalls: [call] }, "Asked and answered."]);
  const helped = await run(stack(assistant, toolLoop({ tools: server.tools })), question);
  const output = helped.steps[0]?.results[0]?.output as { answer?: number; confidence?: number } | undefined;
  console.log(`the stack behind the server: ${output?.answer}, confidence ${output?.confidence?.toFixed(2)}`);

  await server.close();
}
