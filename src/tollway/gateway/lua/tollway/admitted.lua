--- Remembers whom the authority has admitted, for gateways that call the upstream first and ask later.
-- Such a call is reported by an authrep of its own when it has been answered; what the authority says
-- then holds for the next call, so that limits are enforced one call late. Under "strict" only a 200
-- is remembered; under "resilient" it is also kept while the authority does not answer. There is no
-- end to it but a new document. Gateways that ask before every call ("none") remember nothing.
-- @module tollway.admitted

local authority = require("tollway.authority")

local shared = ngx.shared.admitted
local metrics = ngx.shared.metrics

local REPORTS_MAX = 512 -- at a time, of a worker; beyond that the authority is asked first again
local KEY_BYTES_MAX = 4096

local _M = {}

local mode, with_codes = "none", false
local reports = 0

--- For init_by_lua.
-- @tparam string chosen "none", "strict" or "resilient"
-- @tparam boolean codes whether reports tell the status that the caller got
function _M.configure(chosen, codes)
  mode, with_codes = chosen, codes
end

--- The name under which a call's like is remembered: who, on which document, with which usage.
-- @treturn string|nil nil: nothing is to be remembered of it
function _M.key(product, parts, usage)
  local key = mode ~= "none" and product.digest .. " " .. parts .. " " .. usage
  return key and #key <= KEY_BYTES_MAX and key or nil
end

--- Whether a call may pass now and be reported later. Whoever is told so has a report to make.
function _M.claim(key)
  if not key or reports >= REPORTS_MAX or not shared:get(key) then
    return false
  end
  reports = reports + 1
  return true
end

--- Take note of what the authority has said.
-- @tparam string|nil key
-- @tparam string outcome of `authority.outcome`
function _M.learn(key, outcome)
  if not key then
    return
  end
  if outcome == "authorised" then
    shared:set(key, true)
  elseif outcome ~= "unavailable" or mode == "strict" then
    shared:delete(key)
  end
end

local function report(_, path, query, key)
  local ok, status, headers = pcall(authority.ask, path, query)
  reports = reports - 1
  local outcome = ok and authority.outcome(status, headers) or "unavailable"
  if outcome == "unavailable" then
    ngx.log(ngx.ERR, "a call was not reported; the authority: ", ok and (status or headers) or status)
  end
  metrics:incr("authority:" .. outcome, 1, 0)
  _M.learn(key, outcome)
end

--- For log_by_lua: make the report of a call that has passed. Over a timer: a log phase cannot wait.
-- @tparam table claimed {path=, query=, key=}
-- @tparam number status that the caller got
function _M.report(claimed, status)
  local query = claimed.query
  if with_codes then
    query = query .. "&log%5Bcode%5D=" .. status
  end
  local ok, err = ngx.timer.at(0, report, claimed.path, query, claimed.key)
  if not ok then
    reports = reports - 1
    ngx.log(ngx.ERR, "a call was not reported: ", err)
  end
end

return _M
