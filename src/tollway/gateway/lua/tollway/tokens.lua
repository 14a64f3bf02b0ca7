--- Finds out whose an access token is, for products with OpenID Connect.
-- The agent verifies it (gateway/oidc.py), once; until it ends, or for as long as the agent says, the
-- answer is kept in shared memory, under digests of the product's document and of the token. Calls
-- that show one token at the same time wait for one answer. What has not been judged opens nothing.
-- @module tollway.tokens

local cjson = require("cjson.safe")
local ffi = require("ffi")
local semaphore = require("ngx.semaphore")

ffi.cdef("unsigned char *SHA256(const unsigned char *text, size_t length, unsigned char *out);")

local shared = ngx.shared.tokens
local metrics = ngx.shared.metrics
local find = string.find

local SOCKET = "unix:" .. ngx.config.prefix() .. "tokens.sock"
local BYTES_MAX = 8192
local CONNECT_MS, SEND_MS, READ_MS = 1000, 1000, 7000 -- it may have to ask the issuer first
local IDLE_MS = 20000
local POOL_SIZE, WAITING_MAX = 64, 256 -- per worker; what is beyond is not judged
local WAIT_S = 8
local MALFORMED = "token_malformed"
local SHAPE = "^[%w_-]+%.[%w_-]+%.[%w_-]+$"

local _M = {}

local out = ffi.new("unsigned char[32]")
local flights = {}

local function digest(text)
  return ffi.string(ffi.C.SHA256(text, #text, out), 32)
end

local function exchange(socket, question)
  local sent, err = socket:send(question)
  local line
  if sent then
    line, err = socket:receive("*l")
  end
  if not line then
    socket:close()
    return nil, err
  end
  socket:setkeepalive(IDLE_MS)
  return line
end

--- Ask the agent. A connection that was kept may be one of an agent that has gone.
-- @treturn string|nil line
-- @treturn string|nil why there is none
local function ask_agent(question)
  local options = { pool_size = POOL_SIZE, backlog = WAITING_MAX }
  while true do
    local socket = ngx.socket.tcp()
    socket:settimeouts(CONNECT_MS, SEND_MS, READ_MS)
    local ok, err = socket:connect(SOCKET, options)
    if not ok then
      return nil, err
    end
    local was_kept = socket:getreusedtimes() > 0
    local line
    line, err = exchange(socket, question)
    if line or err == "timeout" or not was_kept then
      return line, err
    end
  end
end

--- Have a token judged, and keep what may be kept.
-- @treturn string|nil client
-- @treturn string|nil fault of the token
-- @treturn string|nil why it could not be judged
local function judge(key, openid, token)
  local question = cjson.encode({ issuer = openid.issuer, claim = openid.claim, token = token })
  local line, err = ask_agent(question .. "\n")
  local told = line and cjson.decode(line)
  if type(told) ~= "table" then
    return nil, nil, "the agent does not judge tokens: " .. (err or "it makes no sense")
  end
  if type(told.fault) == "string" then
    return nil, told.fault
  end
  local rest_s = type(told["until"]) == "number" and told["until"] - ngx.now()
  if type(told.client) ~= "string" or not rest_s then
    return nil, nil, type(told.why) == "string" and told.why or "the agent's answer makes no sense"
  end
  if rest_s > 0 then
    shared:set(key, told.client, rest_s)
  end
  return told.client
end

local function judge_together(key, openid, token)
  local flight = flights[key]
  if flight then
    flight.waiting = flight.waiting + 1
    if not flight.done:wait(WAIT_S) then
      return nil, nil, "no answer from the agent within " .. WAIT_S .. " s"
    end
    return flight.client, flight.fault, flight.why
  end
  flight = { done = semaphore.new(), waiting = 0 }
  flights[key] = flight
  local ok, client, fault, why = pcall(judge, key, openid, token)
  flights[key] = nil
  if ok then
    flight.client, flight.fault, flight.why = client, fault, why
  else
    flight.why = tostring(client)
  end
  if flight.waiting > 0 then
    flight.done:post(flight.waiting)
  end
  return flight.client, flight.fault, flight.why
end

--- Whose a token is.
-- @tparam table product
-- @tparam string token as the caller sent it
-- @treturn string|nil client: the application's id
-- @treturn string|nil fault: why the token opens nothing
-- @treturn string|nil why it could not be judged, if it has neither
function _M.client_of(product, token)
  if #token > BYTES_MAX or not find(token, SHAPE) then
    return nil, MALFORMED
  end
  local key = product.digest .. digest(token)
  local client = shared:get(key)
  if client then
    metrics:incr("tokens:known", 1, 0)
    return client
  end
  local fault, why
  client, fault, why = judge_together(key, product.openid, token)
  metrics:incr("tokens:" .. (client and "verified" or fault and "refused" or "unjudged"), 1, 0)
  return client, fault, why
end

return _M
