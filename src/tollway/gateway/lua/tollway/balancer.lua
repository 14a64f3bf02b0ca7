--- Sends a call to one of the addresses that the agent has resolved for its upstream.
-- `peers` lists them, the `preferred` ones (IPv4, if there are any) first. Calls go round those;
-- when a connection fails the next address gets the call.
-- @module tollway.balancer

local balancer = require("ngx.balancer")

local TRIES_MAX = 3

local _M = {}

local turn = 0

--- For balancer_by_lua.
function _M.run()
  local call = ngx.ctx.call
  local upstream = call.upstream
  local peers = upstream.peers
  if call.peer then
    call.peer = call.peer % #peers + 1
  else
    turn = turn % 1000000 + 1
    call.peer = turn % upstream.preferred + 1
    if #peers > 1 then
      balancer.set_more_tries(math.min(#peers, TRIES_MAX) - 1)
    end
  end
  local ok, err = balancer.set_current_peer(peers[call.peer], upstream.port)
  if not ok then
    ngx.log(ngx.ERR, "cannot connect to ", peers[call.peer], ": ", err)
    return ngx.exit(ngx.ERROR)
  end
end

return _M
