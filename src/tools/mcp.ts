/**
 * @module
 * The Model Context Protocol: tools of any MCP server for `toolLoop`, and stacks as tools of an MCP server.
 */
export type { McpClient } from "./mcp/client.js";
export { connectMcp, type McpCommand, type McpConnection, type McpTransport, type McpUrl } from "./mcp/connect-mcp.js";
export { mcpTools, type McpToolsOptions } from "./mcp/mcp-tools.js";
export { registerModel, type McpToolServer, type RegisterModelOptions } from "./mcp/register-model.js";
export type { McpProgress } from "./mcp/request.js";
