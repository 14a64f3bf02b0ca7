--- Lets the pages of a product's developer portal read the answer, whoever it is from: the upstream,
-- the gateway, or NGINX when the upstream cannot be reached.
-- @module tollway.headers

local cors = require("tollway.cors")

local _M = {}

--- For header_filter_by_lua. What the upstream says of origins is replaced: a browser takes one answer.
-- No cookie is ever part of it.
function _M.run()
  local origin = ngx.ctx.portal_origin
  if not origin then
    return
  end
  local header = ngx.header
  header["Access-Control-Allow-Origin"] = origin
  header["Access-Control-Allow-Credentials"] = nil
  header["Access-Control-Expose-Headers"] = "*"
  header["Vary"] = cors.vary(header["Vary"])
end

return _M
