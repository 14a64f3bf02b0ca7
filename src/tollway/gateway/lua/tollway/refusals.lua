--- Remembers why calls were refused, for the agent to hand on, and gives each refusal an id.
-- The caller has its answer when a refusal is written down, and a flood of refusals costs one `incr`
-- each: so many a second of one product are written down, and so many wait for the agent.
-- @module tollway.refusals

local arguments = require("tollway.arguments")
local cjson = require("cjson.safe")
local rules = require("tollway.rules")

local shared = ngx.shared.refusals
local concat = table.concat
local sub = string.sub

local PER_S_MAX = 10 -- of one product
local WAITING_MAX = 1000
local BATCH_MAX = 200
local PATH_MAX = 1024
local NAMES_MAX = 20 -- of arguments
local NAME_MAX = 40
local PATTERNS_MAX = 20
local HEADER = "X-Tollway-Decision"

local _M = {}

--- Give the answer that follows its id. To be called before the answer is sent.
-- @tparam table product
-- @tparam string reason
-- @tparam number status of the answer
-- @tparam table|nil call of the access phase, if it came so far
-- @tparam string|nil told by the authority, JSON
function _M.begin(product, reason, status, call, told)
  local id = ngx.var.request_id -- another one each time it is read
  ngx.header[HEADER] = id
  ngx.ctx.refusal =
    { id = id, product = product, reason = reason, status = status, call = call, told = told }
end

--- The path, and the names of arguments without their values: these may be secrets.
local function target()
  local path = sub(rules.escape(ngx.var.uri), 1, PATH_MAX)
  local names = arguments.names(ngx.var.args, NAMES_MAX)
  for i, name in ipairs(names) do
    names[i] = ngx.escape_uri(sub(name, 1, NAME_MAX)) .. "=…"
  end
  return #names > 0 and path .. "?" .. concat(names, "&") or path
end

local function first(patterns)
  if not patterns or #patterns == 0 then
    return nil -- an empty table would be written as an object
  end
  local kept = {}
  for i = 1, math.min(#patterns, PATTERNS_MAX) do
    kept[i] = sub(patterns[i], 1, 255)
  end
  return kept
end

--- For log_by_lua: write the refusal of this request down, if there is room.
-- @tparam string environment
-- @tparam table refusal of `begin`
function _M.keep(environment, refusal)
  local service = tostring(refusal.product.id)
  local count = shared:incr("rate:" .. service, 1, 0, 1)
  if not count or count > PER_S_MAX or shared:llen("waiting") >= WAITING_MAX then
    return
  end
  local call = refusal.call
  local usage = call and call.usage
  shared:lpush(
    "waiting",
    cjson.encode({
      id = refusal.id,
      at = ngx.time(),
      service = service,
      environment = environment,
      method = sub(ngx.req.get_method(), 1, 32),
      path = target(),
      status = refusal.status,
      reason = refusal.reason,
      rules = first(call and call.patterns),
      usage = usage and next(usage) and usage or nil,
      told = refusal.told,
    })
  )
end

--- Take what waits, oldest first, as a JSON array: as much as fits in a batch.
function _M.take()
  local batch = {}
  for i = 1, BATCH_MAX do
    local text = shared:rpop("waiting")
    if not text then
      break
    end
    batch[i] = text
  end
  return "[" .. concat(batch, ",") .. "]"
end

return _M
