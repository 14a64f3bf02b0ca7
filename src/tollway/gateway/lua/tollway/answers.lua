--- What the gateway itself says to a caller, when the upstream does not get the call.
-- Texts and statuses of refusals are the product's own. Bodies carry no trailing newline.
-- @module tollway.answers

-- Statuses of what is no product's own answer.
local _M = { UNAVAILABLE = 503, NOT_FOUND = 404 }

local RETRY_AFTER_S = 2
local UNAVAILABLE = {
  status = 503,
  type = "text/plain; charset=us-ascii",
  body = "The gateway cannot check this call right now",
}
local UNREACHABLE = {
  status = 503,
  type = "text/plain; charset=us-ascii",
  body = "The API behind the gateway has no known address",
}
local NOT_FOUND = { status = 404, type = "text/plain", body = "" }

--- Answer and end the request.
-- @tparam table answer {status=, type=, body=}
-- @tparam number|nil retry_after_s
function _M.send(answer, retry_after_s)
  ngx.status = answer.status
  ngx.header["Content-Type"] = answer.type
  if answer.status ~= 204 then -- "no content" has no length either
    ngx.header["Content-Length"] = #answer.body
  end
  ngx.header["Retry-After"] = retry_after_s
  ngx.print(answer.body)
  return ngx.exit(ngx.HTTP_OK)
end

--- No product has this host, or the product has no upstream for this path.
function _M.not_found()
  return _M.send(NOT_FOUND)
end

--- Our own fault: no configuration yet, or no answer from the authority. Never a 403.
function _M.unavailable()
  return _M.send(UNAVAILABLE, RETRY_AFTER_S)
end

--- The upstream's name does not resolve, or only to addresses that are not allowed.
function _M.unreachable()
  return _M.send(UNREACHABLE, RETRY_AFTER_S)
end

return _M
