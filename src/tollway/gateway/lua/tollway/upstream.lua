--- What an upstream is asked for: the request target, from the client's own and the configuration.
-- @module tollway.upstream

local arguments = require("tollway.arguments")

local find, gsub, match, sub = string.find, string.gsub, string.match, string.sub

local _M = {}

-- Whether a raw path means what it says: nothing in it that NGINX resolves or cuts off.
local function is_plain(raw)
  return sub(raw, 1, 1) == "/"
    and not find(raw, "//", 1, true)
    and not find(raw, "#", 1, true)
    and not find(raw, "/.", 1, true)
    and not find(raw, "..", 1, true)
    and not find(raw, "%%2[eE]")
end

local function starts_with(path, prefix)
  return sub(path, 1, #prefix) == prefix and (#path == #prefix or sub(path, #prefix + 1, #prefix + 1) == "/")
end

-- The path below `route.path`, or all of it.
local function below(route, raw, path)
  local prefix = route and route.strip and route.path or ""
  if is_plain(raw) and starts_with(raw, prefix) then
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
-- is appended as it was sent (`%2F` stays `%2F`), unless dots or doubled slashes in it could lead
-- out of the base path, or past the rules that matched: then the normalised path is.
-- The configured query is added in front of the client's, whose arguments of the same names drop out.
-- @tparam table upstream the document's, or the route's
-- @tparam string request_uri as the client sent it
-- @tparam string path from rules.escape
-- @tparam ?table route from rules.route
function _M.target(upstream, request_uri, path, route)
  local raw, query = match(request_uri, "^([^?]*)%??(.*)$")
  local as_sent = upstream.path == "" and not (route and route.strip) and sub(raw, 1, 1) == "/"
  if as_sent and upstream.query == "" then
    return request_uri
  end
  local target = as_sent and raw or joined(upstream.path, below(route, raw, path))
  if upstream.query ~= "" then
    local rest = arguments.without(query, upstream.query)
    query = upstream.query .. (rest ~= "" and "&" or "") .. rest
  end
  return query == "" and target or target .. "?" .. query
end

return _M
