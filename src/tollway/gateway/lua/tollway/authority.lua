--- Asks the authority whether a call may pass, and counts it: `GET /transactions/authrep.xml`, or the
-- like for products with OpenID Connect.
-- Over a cosocket and not a subrequest: NGINX's own error lines name the upstream's whole URL, and
-- this one holds the service token and the caller's key; and a subrequest would meddle with the
-- caller's body. A call that was sent is never sent again, since it may have been counted.
-- @module tollway.authority

local cjson = require("cjson.safe")
local init = require("tollway.init")

local shared = ngx.shared.documents
local find, lower, match, sub = string.find, string.lower, string.match, string.sub

local CONNECT_MS, SEND_MS, READ_MS = 2000, 2000, 5000
local IDLE_MS = 20000 -- shorter than what servers allow, so that they do not hang up first
local POOL_SIZE = 512 -- per worker: more concurrent calls than this open a connection each
local HEADERS_MAX = 64
local BODY_MAX = 65536
local OPTIONS = "rejection_reason_header=1&limit_headers=1&no_body=1&explain=1"

local _M = {}

local place = { text = "" }

--- Where the authority is, as the agent has pushed it: {address, port, host, path, tls, name}.
local function find_place()
  local text = shared:get("authority")
  if not text then
    return nil, "no address yet"
  end
  if text ~= place.text then
    local decoded, err = cjson.decode(text)
    if not decoded then
      return nil, err
    end
    decoded.text = text
    decoded.pool = decoded.address .. ":" .. decoded.port .. ":" .. (decoded.name or "")
    decoded.start = "GET " .. decoded.path
    decoded.rest = " HTTP/1.1\r\nHost: " .. decoded.host .. "\r\nUser-Agent: " .. init.user_agent
      .. "\r\n3scale-options: " .. OPTIONS .. "\r\n\r\n"
    place = decoded
  end
  return place
end

local function connect(to)
  local socket = ngx.socket.tcp()
  socket:settimeouts(CONNECT_MS, SEND_MS, READ_MS)
  local ok, err = socket:connect(to.address, to.port, { pool = to.pool, pool_size = POOL_SIZE })
  if not ok then
    return nil, err
  end
  if to.tls and socket:getreusedtimes() == 0 then
    ok, err = socket:sslhandshake(false, to.name, true)
    if not ok then
      return nil, err
    end
  end
  return socket
end

local function read_head(socket)
  local line, err = socket:receive("*l")
  local status = line and match(line, "^HTTP/1%.[01] (%d%d%d)")
  if not status then
    return nil, err or "not HTTP/1"
  end
  local headers = {}
  for _ = 1, HEADERS_MAX do
    line, err = socket:receive("*l")
    if not line then
      return nil, err
    end
    if line == "" then
      return tonumber(status), headers
    end
    local colon = find(line, ":", 1, true)
    if colon then
      headers[lower(sub(line, 1, colon - 1))] = match(line, "^%s*(.-)%s*$", colon + 1)
    end
  end
  return nil, "too many headers"
end

--- Read the body away and give the connection back, or close it when that is simpler.
local function release(socket, headers)
  local length = tonumber(headers["content-length"])
  if lower(headers["connection"] or "") == "close" or not length or length > BODY_MAX then
    return socket:close()
  end
  if length > 0 and not socket:receive(length) then
    return socket:close()
  end
  return socket:setkeepalive(IDLE_MS)
end

--- Ask once.
-- @tparam string path of the authrep
-- @tparam string query of the authrep, encoded
-- @treturn number|nil status
-- @treturn table|string headers by lower-case name, or why there is no answer
function _M.ask(path, query)
  local to, err = find_place()
  if not to then
    return nil, err
  end
  local socket
  socket, err = connect(to)
  if not socket then
    return nil, err
  end
  local sent
  sent, err = socket:send({ to.start, path, "?", query, to.rest })
  if not sent then
    return nil, err
  end
  local status, headers = read_head(socket)
  if not status then
    socket:close()
    return nil, headers
  end
  release(socket, headers)
  return status, headers
end

--- What the authority's answer means.
-- @tparam number|nil status
-- @tparam table|string headers of `ask`
-- @treturn string "authorised", "denied", "limited" or "unavailable"
function _M.outcome(status, headers)
  if status == 200 then
    return "authorised"
  end
  if not status or status < 400 or status >= 499 then
    return "unavailable"
  end
  if
    status == 409
    and headers["3scale-rejection-reason"] == "limits_exceeded"
    and tonumber(headers["3scale-limit-max-value"]) ~= 0
  then
    return "limited"
  end
  return "denied" -- a metric that the plan switches off has the maximum 0
end

return _M
