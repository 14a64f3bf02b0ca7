--- Counts what was answered, for the agent's metrics, reports what has to be, writes refusals down.
-- @module tollway.log

local admitted = require("tollway.admitted")
local refusals = require("tollway.refusals")

local metrics = ngx.shared.metrics

local _M = {}

--- For log_by_lua.
-- @tparam string environment "staging" or "production"
function _M.run(environment)
  metrics:incr("requests:" .. environment .. ":" .. ngx.status, 1, 0)
  local call = ngx.ctx.call
  if call and call.outcome then
    metrics:incr("authority:" .. call.outcome, 1, 0)
  end
  if call and call.claimed then
    admitted.report(call.claimed, ngx.status)
  end
  local refusal = ngx.ctx.refusal
  if refusal then
    refusals.keep(environment, refusal)
  end
end

return _M
