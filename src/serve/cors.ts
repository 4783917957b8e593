/**
 * @module
 * Leave for pages of other sites (CORS).
 */

/** The headers that give leave to the origin of a request; none where it has none. */
export function corsHeaders(request: Request, origins: readonly string[]): Readonly<Record<string, string>> {
  const origin = request.headers.get("origin");
  if (origin === null || origins.length === 0) return {};
  const any = origins.includes("*");
  if (!any && !origins.includes(origin)) return { vary: "origin" };
  return {
    "access-control-allow-origin": any ? "*" : origin,
    "access-control-expose-headers": "x-request-id, retry-after, retry-after-ms",
    ...(!any && { vary: "origin" }),
  };
}

/** The answer to a browser that asks first. */
export function preflight(request: Request): Response {
  return new Response(null, {
    status: 204,
    headers: {
      "access-control-allow-methods": "GET, POST, OPTIONS",
      "access-control-allow-headers": request.headers.get("access-control-request-headers") ?? "*",
      "access-control-max-age": "86400",
    },
  });
}
