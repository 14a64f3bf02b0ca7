--- What an upstream is asked for: the request target, from the client's own and the configuration.
-- @module tollway.upstream

local arguments = require("tollway.arguments")

local find, gsub, match, sub = string.find, string.gsub, string.match, string.sub

local _M = {}

local DOTS_AND_SLASHES = { ["%2e"] = ".", ["%2E"] = ".", ["%2f"] = "/", ["%2F"] = "/" }

-- Whether a raw path means the same to everybody: no segment that NGINX resolves, and no beginning
-- that others take for a host (`//host/path`).
local function is_plain(raw)
  local seen = gsub(raw, "%%2[eEfF]", DOTS_AND_SLASHES)
  return raw == "/" or find(seen, "^/[^/]") ~= nil and not find(seen .. "/", "/%.%.?/")
end

--- Whether other servers see steps in a path that NGINX takes for names: `..;` is one up for
-- Tomcat, and `\` a slash for IIS and in Node's URLs. They would serve another path than was matched.
-- @tparam string path from rules.escape
function _M.is_ambiguous(path)
  return find(path, ".", 1, true) ~= nil
    and find(gsub(path, "%%5C", "/") .. "/", "/%.%.?[;/]") ~= nil
end

local function starts_with(path, prefix)
  return sub(path, 1, #prefix) == prefix and (#path == #prefix or sub(path, #prefix + 1, #prefix + 1) == "/")
end

-- The path below `route.path`, or all of it.
local function below(route, raw, path)
  local prefix = route and route.strip and route.path or ""
  if is_plain(raw) and not find(raw, "//", 1, true) and starts_with(raw, prefix) then
    return sub(raw, #prefix + 1)
  end
  return sub(path, #prefix + 1)
end

local function joined(base, rest)
  if rest == "" or rest == "/" then
    return base == "" and "/" or base
  end
  return (gsub(base, "/$", "")) .. rest
end

--- The request target for the upstream.
-- Without a base path the client's own goes through byte for byte. With one, or below a route, it
-- is appended as it was sent (`%2F` stays `%2F`). If dot segments in it could lead out of the base
-- path, or past the rules that matched, the normalised path takes its place. What follows a `#` is
-- dropped, as NGINX does.
-- The configured query is added in front of the client's, whose arguments of the same names drop out.
-- @tparam table upstream the document's, or the route's
-- @tparam string request_uri as the client sent it
-- @tparam string path from rules.escape
-- @tparam ?table route from rules.route
function _M.target(upstream, request_uri, path, route)
  local raw, query = match(request_uri, "^([^?#]*)%??([^#]*)")
  local as_sent = upstream.path == "" and not (route and route.strip) and is_plain(raw)
  if as_sent and upstream.query == "" then
    return match(request_uri, "^[^#]*")
  end
  local target = as_sent and raw or joined(upstream.path, below(route, raw, path))
  if upstream.query ~= "" then
    local rest = arguments.without(query, upstream.query)
    query = upstream.query .. (rest ~= "" and "&" or "") .. rest
  end
  return query == "" and target or target .. "?" .. query
end

return _M
