--- Cross-origin calls by the pages of a product's developer portal: what browsers ask and are told.
-- Only that one origin is ours to answer for; any other is between the caller and the upstream. This
-- file needs nothing of NGINX.
-- @module tollway.cors

local concat, find, gmatch, lower, type = table.concat, string.find, string.gmatch, string.lower, type

local _M = { STATUS = 204 }

local METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
local MAX_AGE_S = "600"
local HEADERS_MAX = 2048 -- characters of a list of names

--- Whether a request comes from a page of the product's portal.
-- @tparam table product
-- @tparam string|nil origin the request's header, which browsers write and pages cannot
function _M.is_portal(product, origin)
  return origin ~= nil and origin == product.portal_origin
end

--- Whether a browser asks for leave to call, rather than calls.
-- @tparam string method
-- @tparam string|nil asked Access-Control-Request-Method
function _M.is_preflight(method, asked)
  return method == "OPTIONS" and asked ~= nil
end

--- What the portal's pages may do, as headers. Names of headers are granted as they are asked for.
-- @tparam string|nil names Access-Control-Request-Headers
function _M.leave(names)
  local headers =
    { ["Access-Control-Allow-Methods"] = METHODS, ["Access-Control-Max-Age"] = MAX_AGE_S }
  if names and #names <= HEADERS_MAX and not find(names, "[^%w%-_, ]") then
    headers["Access-Control-Allow-Headers"] = names
  end
  return headers
end

--- `Vary` with `Origin` in it, once.
-- @tparam nil|string|table vary what the answer has so far
function _M.vary(vary)
  local listed = type(vary) == "table" and concat(vary, ", ") or vary or ""
  for name in gmatch(lower(listed), "[^,%s]+") do
    if name == "origin" or name == "*" then
      return listed
    end
  end
  return listed == "" and "Origin" or listed .. ", Origin"
end

return _M
