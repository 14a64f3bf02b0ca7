--- Counts what was answered, for the agent's metrics.
-- @module tollway.log

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
end

return _M
