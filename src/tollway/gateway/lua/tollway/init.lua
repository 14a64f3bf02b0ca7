--- What happens once per start and once per worker: loading, the incarnation, the workers' ids.
-- The incarnation is a random id inside the shared dictionary. It lives as long as the dictionary
-- does, over reloads too, so an agent that sees it again knows that its documents are still there.
-- @module tollway.init

local shared = ngx.shared.documents

local _M = {
  fingerprint = "", -- which nginx.conf this worker was started with; the agent waits for it
  user_agent = "",
}

local function random_id()
  local source = assert(io.open("/dev/urandom", "rb"))
  local bytes = source:read(16)
  source:close()
  return (bytes:gsub(".", function(byte)
    return string.format("%02x", byte:byte())
  end))
end

--- For init_by_lua: load everything in the master, so that workers share it.
-- @tparam string fingerprint of nginx.conf
-- @tparam string version of Tollway
function _M.master(fingerprint, version)
  _M.fingerprint = fingerprint
  _M.user_agent = "Tollway-Gateway/" .. version
  shared:safe_add("incarnation", random_id())
  for _, name in ipairs({ "access", "admin", "balancer", "headers", "log" }) do
    require("tollway." .. name)
  end
end

--- For init_worker_by_lua: leave the process id where the agent finds it.
function _M.worker()
  shared:set("worker:" .. ngx.worker.id(), ngx.worker.pid())
end

return _M
