--- The X-3scale debug headers, for callers who know the product's service token or provider key.
-- @module tollway.debugging

local bit = require("bit")

local byte = string.byte
local bor, bxor = bit.bor, bit.bxor

local _M = {}

--- Whether two strings are equal, in a time that depends only on the length of the first.
function _M.equal(given, expected)
  local difference = bxor(#given, #expected)
  for i = 1, #given do
    difference = bor(difference, bxor(byte(given, i), byte(expected, i) or 0))
  end
  return difference == 0
end

--- Whether the caller may see them; if so, tell at once which configuration answers.
-- It is told on refusals too, so that who has deployed can wait for it with a call that counts nothing.
-- @tparam table product
function _M.begin(product)
  local given = ngx.var.http_x_3scale_debug
  local expected = product.authority.debug
  if not given or not expected or expected == "" or not _M.equal(given, expected) then
    return false
  end
  ngx.header["X-Tollway-Configuration"] = product.configuration
  return true
end

--- Set the headers that tell how a call was read.
-- @tparam table call of the access phase
-- @tparam string parts the credentials, encoded
-- @tparam string usage encoded
function _M.show(call, parts, usage)
  local product = call.product
  local header = ngx.header
  header["X-3scale-matched-rules"] = table.concat(call.patterns, ", ")
  header["X-3scale-credentials"] = parts
  header["X-3scale-usage"] = usage
  header["X-3scale-hostname"] = ngx.var.hostname
  header["X-3scale-service-id"] = product.id
  header["X-3scale-service-name"] = product.name
end

return _M
