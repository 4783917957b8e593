/**
 * @module
 * An MCP server over standard input and output, whose tool is a stack over the embedded model.
 */
import { McpServer } from "@modelcontextprotocol/server";
import { StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import { chainOfThought, majorityVote, number, sampleN, stack } from "mull";
import { tiny } from "mull/tiny";
import { registerModel } from "mull/tools/mcp";

const server = new McpServer({ name: "solver", version: "1" });
const model = stack(await tiny(), chainOfThought({ answer: number() }), sampleN(5), majorityVote());
registerModel(server, { name: "solve", description: "Solves word problems.", model, seed: 1, budget: { calls: 5 } });
await server.connect(new StdioServerTransport());
